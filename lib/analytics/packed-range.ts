/** Covers a range whose older days are packed: see docs/decisions/0050. */
import { DAY_MS, type Instant, instantOf, isBefore, MINUTE_MS } from "../base/time.ts";
import { coverRange, GRAINS, type Grain, type Segment } from "./range.ts";

const QUARTER_MS = 15 * MINUTE_MS;

/**
 * Covers a range exactly, like `coverRange`. Days before `packedBefore` are counted from packed days together with rollups of
 * quarters of an hour, which hold what was stored after the packing: both for the same times. Packed quarters that follow one another
 * are one segment; its `bounds` divide it into parts of days, none of which spans a cut.
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
  /** The part's start, in the same unit. */
  start: number;
  /** Number of the first quarter, from 0. */
  first: number;
  /** Number of the quarter after the last one. */
  beyond: number;
}

/** @param segment packed quarters, as `coverStored` returns them */
export function partsOfDays({ bounds = [] }: Segment): PartOfDay[] {
  return bounds.slice(1).map((end, index) => {
    const start = bounds[index] ?? end;
    const midnight = Math.floor(start / DAY_MS) * DAY_MS;
    return { midnight, start, first: (start - midnight) / QUARTER_MS, beyond: (end - midnight) / QUARTER_MS };
  });
}

/** Divides a span of full quarters into full days and parts of a day. */
function packedParts(span: Segment, cuts: readonly number[]): Segment[] {
  const [from, to] = [Date.parse(span.from), Date.parse(span.to)];
  const ends = [...cuts.filter((cut) => cut > from && cut < to && cut % DAY_MS !== 0), to];
  const segments: Segment[] = [];
  let bounds: number[] = [];
  const addQuarters = (start: number, end: number): void => {
    if (start === end) return;
    // All since the last full days follow one another.
    if (bounds.length === 0) bounds.push(start);
    bounds.push(end);
  };
  const endQuarters = (): void => {
    const [first, last] = [bounds[0], bounds.at(-1)];
    if (first !== undefined && last !== undefined)
      segments.push({ ...segment("packed quarters", first, last), bounds });
    bounds = [];
  };
  for (const [index, end] of ends.entries()) {
    const start = ends[index - 1] ?? from;
    const first = Math.min(Math.ceil(start / DAY_MS) * DAY_MS, end);
    const last = Math.max(Math.floor(end / DAY_MS) * DAY_MS, first);
    addQuarters(start, first);
    if (first < last) {
      endQuarters();
      segments.push(segment("packed days", first, last));
    }
    addQuarters(last, end);
  }
  endQuarters();
  return segments;
}

const segment = (grain: Segment["grain"], from: number, to: number): Segment => ({
  grain,
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});
