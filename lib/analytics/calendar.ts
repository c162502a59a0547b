/** Splits a time range into calendar buckets in a time zone. */

import type { Instant } from "../base/time.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../base/time.ts";
import { offsetAt, startOfDate } from "../base/time-zone.ts";

export const intervals = ["minute", "hour", "day", "week", "month"] as const;
export type Interval = (typeof intervals)[number];

export interface Buckets {
  /** Milliseconds, ascending; the first is at or before the start of the range. */
  starts: number[];
  /** True if the range has more buckets than the limit; `starts` then holds only the first ones. */
  cut: boolean;
}

/**
 * Returns the starts of the buckets that a range overlaps. Days, weeks (from Monday) and months begin at the first instant
 * of their local date, so a day has 23 or 25 hours when clocks change, and a date that the zone skipped has no bucket.
 * Hours begin when the local clock reads :00. Minutes are UTC minutes: no zone in use today differs from UTC by seconds.
 * @param start inclusive
 * @param end exclusive
 * @param most maximum number of buckets
 */
export function cutRange(
  start: Instant,
  end: Instant,
  interval: Interval,
  tz: string,
  most: number,
): Buckets {
  const starts: number[] = [];
  const next = interval === "minute" ? minutes(start) : local(start, interval, tz);
  for (const bucket of next) {
    if (bucket >= end.ms && !(bucket === end.ms && hasMicroseconds(end))) return { starts, cut: false };
    if (starts.length === most) break;
    starts.push(bucket);
  }
  return { starts, cut: true };
}

/** True for `2026-11-23T06:00:00.123456Z`, false for `…123Z`. */
const hasMicroseconds = ({ text }: Instant): boolean => text.length > 24;

function* minutes({ ms }: Instant): Generator<number> {
  for (let at = Math.floor(ms / MINUTE_MS) * MINUTE_MS; ; at += MINUTE_MS) yield at;
}

function local({ ms }: Instant, interval: Exclude<Interval, "minute">, tz: string): Generator<number> {
  return interval === "hour" ? hours(ms, tz) : dates(ms, interval, tz);
}

function* dates(start: number, interval: "day" | "week" | "month", tz: string): Generator<number> {
  let before = Number.NEGATIVE_INFINITY;
  for (const midnight of midnights(start + offsetAt(start, tz), interval)) {
    const at = startOfDate(midnight, tz);
    // startOfDate returns the next date's start for a date that the zone skipped.
    if (at > before) yield at;
    before = at;
  }
}

/** Dates on which buckets begin, as UTC midnights. @param local a local time in the first bucket, read as UTC */
function* midnights(local: number, interval: "day" | "week" | "month"): Generator<number> {
  const today = Math.floor(local / DAY_MS);
  if (interval === "month") {
    const date = new Date(today * DAY_MS);
    date.setUTCDate(1);
    for (; ; date.setUTCMonth(date.getUTCMonth() + 1)) yield date.getTime();
  }
  // 1 January 1970 was a Thursday.
  const first = interval === "day" ? today : today - modulo(today + 3, 7);
  for (let day = first; ; day += interval === "day" ? 1 : 7) yield day * DAY_MS;
}

function* hours(start: number, tz: string): Generator<number> {
  const into = (ms: number): number => modulo(ms + offsetAt(ms, tz), HOUR_MS);
  let at = start - into(start);
  // If the clock changed within the hour, it did not read :00 at the computed time.
  for (let before = into(at); before !== 0; before = into(at)) at -= before;
  for (;;) {
    yield at;
    at += HOUR_MS;
    for (let past = into(at); past !== 0; past = into(at)) at += HOUR_MS - past;
  }
}

/** Never negative, unlike `%`. */
const modulo = (number: number, by: number): number => ((number % by) + by) % by;
