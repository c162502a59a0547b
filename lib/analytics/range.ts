/**
 * Splits a time range so that full days, hours, quarter hours and minutes are counted from rollups, the coarsest that
 * fit, and only the edges, less than a minute each, from raw rows.
 */
import { BEYOND_MS, type Instant, isBefore, MINUTE_MS, microseconds } from "../base/time.ts";

/** Minutes that a rollup row spans. */
export type Grain = 1 | 15 | 60 | 1440;

/** A time span, `from` inclusive, `to` exclusive, in UTC or as PostgreSQL's `-infinity` and `infinity`. */
export interface Segment<Kind = Grain | "packed days" | "packed quarters" | "raw"> {
  /** The rollups to read; `raw` to read events. Packed days are full days. */
  grain: Kind;
  from: string;
  to: string;
  /** Of packed quarters only: see `coverStored`. */
  bounds?: readonly number[];
}

/** Coarsest first. Every grain is a multiple of the next. */
export const GRAINS: readonly Grain[] = [1440, 60, 15, 1];

/**
 * Covers a range exactly, to the microsecond: each of its instants is in one segment. Segments are in order of time.
 * @param start inclusive; undefined for no bound
 * @param end exclusive; undefined for no bound
 * @param cuts times within the range, in milliseconds, ascending, that no rollup row may span: finer rollups replace a
 *   row that would, and raw rows do if a cut is not on a boundary of the finest
 * @param grains of the rollups, coarsest first; the edges are shorter than the finest
 * @returns an empty array for an empty range
 */
export function coverRange(
  start: Instant | undefined,
  end: Instant | undefined,
  cuts: readonly number[] = [],
  grains: readonly Grain[] = GRAINS,
): Segment<Grain | "raw">[] {
  if (start && end && !isBefore(start, end)) return [];
  const finest = (grains.at(-1) ?? 1) * MINUTE_MS;
  const from = start ? nextBoundary(start, finest) : Number.NEGATIVE_INFINITY;
  const to = end ? Math.floor(end.ms / finest) * finest : Number.POSITIVE_INFINITY;
  // A range that holds no full minute is one edge; so are the seconds of the last representable minute.
  if (start && (from >= to || from >= BEYOND_MS))
    return [{ grain: "raw", from: start.text, to: end?.text ?? "infinity" }];
  const edge = (first: string, last: string): Segment<"raw">[] =>
    first === last ? [] : [{ grain: "raw", from: first, to: last }];
  const inner = cuts.filter((cut) => cut > from && cut < to);
  return [
    ...(start ? edge(start.text, toText(from)) : []),
    ...coverMinutes(from, to, inner, grains),
    ...(end ? edge(toText(to), end.text) : []),
  ];
}

/** @param from in milliseconds, like `to`; both are on full minutes, and all cuts are between them */
function coverMinutes(
  from: number,
  to: number,
  cuts: readonly number[],
  [grain, ...finer]: readonly Grain[],
): Segment<Grain | "raw">[] {
  if (from >= to) return [];
  if (grain === undefined) return [{ grain: "raw", from: toText(from), to: toText(to) }];
  const unit = grain * MINUTE_MS;
  const segments: Segment<Grain | "raw">[] = [];
  /** The end of what is covered so far, and the cuts after it. */
  let covered = from;
  let open: number[] = [];
  const dividing = cuts.filter((cut) => cut % unit !== 0);
  for (const [index, next] of [...dividing, to].entries()) {
    const first = Math.ceil((dividing[index - 1] ?? from) / unit) * unit;
    const last = Math.floor(next / unit) * unit;
    if (first < last && first < BEYOND_MS) {
      segments.push(...coverMinutes(covered, first, open, finer));
      segments.push({ grain, from: toText(first), to: toText(last) });
      covered = last;
      open = [];
    }
    open.push(next);
  }
  // The last element is the end itself, not a cut.
  open.pop();
  segments.push(...coverMinutes(covered, to, open, finer));
  return segments;
}

/** The first multiple of a unit at or after the instant, in milliseconds. */
function nextBoundary(instant: Instant, unit: number): number {
  const boundary = Math.floor(instant.ms / unit) * unit;
  return boundary === instant.ms && microseconds(instant) === 0 ? boundary : boundary + unit;
}

function toText(ms: number): string {
  if (Number.isFinite(ms)) return new Date(ms).toISOString();
  return ms < 0 ? "-infinity" : "infinity";
}
