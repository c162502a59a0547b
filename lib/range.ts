/**
 * Splits a range of time so that whole days, hours and minutes are counted from rollups, the coarsest that fit, and
 * only the ragged edges, less than a minute each, from raw rows.
 */
import { type Instant, isBefore, microseconds } from "./time.ts";

/** Minutes that a rollup row spans. */
export type Grain = 1 | 60 | 1440;

/** A stretch of time, `from` inclusive, `to` exclusive, in UTC or as PostgreSQL's `-infinity` and `infinity`. */
export interface Segment {
  /** The rollups to read it from; `raw` for none. */
  grain: Grain | "raw";
  from: string;
  to: string;
}

const MINUTE_MS = 60_000;
/** Coarsest first. Every grain is a multiple of the next. */
const GRAINS: readonly Grain[] = [1440, 60, 1];

/**
 * Covers a range exactly, to the microsecond: every instant of it lies in one segment, in order of time.
 * @param start inclusive; undefined for no bound
 * @param end exclusive; undefined for no bound
 * @returns no segment for an empty range
 */
export function coverRange(start: Instant | undefined, end: Instant | undefined): Segment[] {
  if (start && end && !isBefore(start, end)) return [];
  const from = start ? nextMinute(start) : Number.NEGATIVE_INFINITY;
  const to = end ? Math.floor(end.ms / MINUTE_MS) * MINUTE_MS : Number.POSITIVE_INFINITY;
  // Without a whole minute in it, the range is one edge.
  if (start && end && from >= to) return [{ grain: "raw", from: start.text, to: end.text }];
  const edge = (first: string, last: string): Segment[] =>
    first === last ? [] : [{ grain: "raw", from: first, to: last }];
  return [
    ...(start ? edge(start.text, toText(from)) : []),
    ...coverMinutes(from, to, GRAINS),
    ...(end ? edge(toText(to), end.text) : []),
  ];
}

/** @param from and `to` in milliseconds, both on whole minutes */
function coverMinutes(from: number, to: number, [grain, ...finer]: readonly Grain[]): Segment[] {
  if (grain === undefined || from >= to) return [];
  const unit = grain * MINUTE_MS;
  const first = Math.ceil(from / unit) * unit;
  const last = Math.floor(to / unit) * unit;
  if (first >= last) return coverMinutes(from, to, finer);
  return [
    ...coverMinutes(from, first, finer),
    { grain, from: toText(first), to: toText(last) },
    ...coverMinutes(last, to, finer),
  ];
}

/** The first whole minute at or after the instant, in milliseconds. */
function nextMinute(instant: Instant): number {
  const minute = Math.floor(instant.ms / MINUTE_MS) * MINUTE_MS;
  return minute === instant.ms && microseconds(instant) === 0 ? minute : minute + MINUTE_MS;
}

function toText(ms: number): string {
  if (Number.isFinite(ms)) return new Date(ms).toISOString();
  return ms < 0 ? "-infinity" : "infinity";
}
