/** Cuts a range of time into the buckets of a calendar, in a time zone. */
import { Temporal } from "temporal-polyfill";
import type { Instant } from "./time.ts";

export const intervals = ["minute", "hour", "day", "week", "month"] as const;
export type Interval = (typeof intervals)[number];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface Buckets {
  /** In milliseconds, ascending; the first is at or before the range's start. */
  starts: number[];
  /** The range has more buckets than were asked for; only the first ones are here. */
  cut: boolean;
}

/** Whether it is a name of the IANA time zone database, or an offset such as `+05:30`. */
export function isTimeZone(name: string): boolean {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Starts of the buckets that a range touches. Days, weeks (from Monday) and months begin with the first instant of their
 * local date, so a day has 23 or 25 hours where clocks change, and a date that a zone left out has no bucket. Hours
 * begin where the local clock reads :00. Minutes are those of UTC: no zone in use today differs from it by seconds.
 * @param start inclusive
 * @param end exclusive
 * @param most buckets at the most
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

/** `2026-11-23T06:00:00.123456Z` rather than `…123Z`. */
const hasMicroseconds = ({ text }: Instant): boolean => text.length > 24;

function* minutes({ ms }: Instant): Generator<number> {
  for (let at = Math.floor(ms / MINUTE_MS) * MINUTE_MS; ; at += MINUTE_MS) yield at;
}

function* local({ ms }: Instant, interval: Exclude<Interval, "minute">, tz: string): Generator<number> {
  const start = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(tz);
  if (interval === "hour") yield* hours(start);
  else yield* dates(start, interval);
}

function* dates(start: Temporal.ZonedDateTime, interval: "day" | "week" | "month"): Generator<number> {
  const zone = start.timeZoneId;
  const today = start.toPlainDate();
  const first =
    interval === "day"
      ? today
      : interval === "week"
        ? today.subtract({ days: today.dayOfWeek - 1 })
        : today.with({ day: 1 });
  let before = Number.NEGATIVE_INFINITY;
  for (let step = 0; ; step++) {
    const at = first.add({ [`${interval}s`]: step }).toZonedDateTime(zone).epochMilliseconds;
    // A date that the zone left out has no instant of its own: it yields the next date's.
    if (at > before) yield at;
    before = at;
  }
}

function* hours(start: Temporal.ZonedDateTime): Generator<number> {
  const into = (at: Temporal.ZonedDateTime): number =>
    at.minute * MINUTE_MS + at.second * 1_000 + at.millisecond;
  const zone = start.timeZoneId;
  let at = start.epochMilliseconds - into(start);
  // A clock that was changed within the hour did not read :00 an hour's part ago.
  for (;;) {
    const before = into(Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone));
    if (before === 0) break;
    at -= before;
  }
  for (;;) {
    yield at;
    at += HOUR_MS;
    for (;;) {
      const past = into(Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone));
      if (past === 0) break;
      at += HOUR_MS - past;
    }
  }
}

/** A bucket's start as the zone's own clock shows it: `2026-03-29T00:00:00+01:00`, with `Z` for UTC. */
export function localTime(ms: number, tz: string): string {
  const text = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(tz).toString({
    timeZoneName: "never",
    smallestUnit: "second",
  });
  return tz === "UTC" ? text.replace("+00:00", "Z") : text;
}
