/** Covers a range whose older days are packed: see docs/decisions/0050. */
import { DAY_MS, type Instant, instantOf, isBefore } from "../base/time.ts";
import { coverRange, GRAINS, type Grain, type Segment } from "./range.ts";

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
