/** Covers a range whose older days are packed: see docs/decisions/0050. */
import { DAY_MS, type Instant, instantOf, isBefore, MINUTE_MS } from "../base/time.ts";
import { coverRange, GRAINS, type Grain, type Segment } from "./range.ts";

const QUARTER_MS = 15 * MINUTE_MS;

/**
 * Covers a range exactly, like `coverRange`. Days before `packedBefore` are counted from packed days together with rollups of
 * quarters of an hour, which hold what was stored after the packing: both for the same times. No segment of packed quarters spans
 * a cut.
 * @param packedBefore milliseconds since the Unix epoch, at 00:00 UTC; -Infinity if nothing is packed
 * @param grains of the rollups, as for `coverRange`
 */
export function coverStored(
  start: Instant,
  end: Instant | undefined,
  cuts: readonly number[],
  packedBefore: number,
  grains: readonly Grain[] = GRAINS,
): Segment[] {
  if (start.ms >= packedBefore) return coverRange(start, end, cuts, grains);
  const border = instantOf(packedBefore);
  const isPacked = end !== undefined && !isBefore(border, end);
  const packed = coverRange(start, isPacked ? end : border, cuts, [15]).flatMap((segment) =>
    segment.grain === "raw" ? segment : [segment, ...packedParts(segment, cuts)],
  );
  return isPacked ? packed : [...packed, ...coverRange(border, end, cuts, grains)];
}

/** The quarters of an hour of a part of a day. */
export interface PartOfDay {
  /** The day's start, in milliseconds since the Unix epoch. */
  midnight: number;
  /** Number of the first quarter, from 0. */
  first: number;
  /** Number of the quarter after the last one. */
  beyond: number;
}

/** @param segment packed quarters, as `coverStored` returns them: within one day, from and to full quarters of an hour */
export function partOfDay({ from, to }: Segment): PartOfDay {
  const start = Date.parse(from);
  const midnight = Math.floor(start / DAY_MS) * DAY_MS;
  return {
    midnight,
    first: (start - midnight) / QUARTER_MS,
    beyond: (Date.parse(to) - midnight) / QUARTER_MS,
  };
}

/** Divides a span of full quarters into full days and parts of a day. */
function packedParts(span: Segment, cuts: readonly number[]): Segment[] {
  const [from, to] = [Date.parse(span.from), Date.parse(span.to)];
  const ends = [...cuts.filter((cut) => cut > from && cut < to && cut % DAY_MS !== 0), to];
  return ends.flatMap((end, index) => daysAndParts(ends[index - 1] ?? from, end));
}

function daysAndParts(from: number, to: number): Segment[] {
  const first = Math.ceil(from / DAY_MS) * DAY_MS;
  const last = Math.floor(to / DAY_MS) * DAY_MS;
  if (first > last) return [segment("packed quarters", from, to)];
  return [
    segment("packed quarters", from, first),
    segment("packed days", first, last),
    segment("packed quarters", last, to),
  ].filter((one) => one.from !== one.to);
}

const segment = (grain: Segment["grain"], from: number, to: number): Segment => ({
  grain,
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});
