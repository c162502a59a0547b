/** How far a zone's clock is from UTC. */
import { Temporal } from "temporal-polyfill";
import { BEYOND_MS, DAY_MS, MINUTE_MS } from "./time.ts";

/** Days of all zones together; each takes about 50 bytes. */
const MOST_REMEMBERED = 100_000;

/** Offsets at the beginnings of days of UTC, by the day's number, by zone. */
const remembered = new Map<string, Map<number, number>>();
let days = 0;

/** A time as a zone's clock shows it, by the library, which takes 5 to 10 µs for it. */
const zoned = (ms: number, tz: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(tz);

/**
 * By how much the zone's clock is ahead of UTC, in milliseconds. No zone changes its clock and back within a day, so that
 * where it is the same at both ends of a day, it is the same all day; a series of 720 hours asks the library for 31 days.
 */
export function offsetAt(ms: number, tz: string): number {
  const day = Math.floor(ms / DAY_MS);
  const offset = offsetOfDay(day, tz);
  return offset === offsetOfDay(day + 1, tz) ? offset : zoned(ms, tz).offsetNanoseconds / 1_000_000;
}

function offsetOfDay(day: number, tz: string): number {
  const known = remembered.get(tz)?.get(day);
  if (known !== undefined) return known;
  if (days >= MOST_REMEMBERED) {
    remembered.clear();
    days = 0;
  }
  const offset = zoned(day * DAY_MS, tz).offsetNanoseconds / 1_000_000;
  const zone = remembered.get(tz) ?? new Map<number, number>();
  remembered.set(tz, zone.set(day, offset));
  days++;
  return offset;
}

/**
 * The first instant of a local date; where the zone left the date out, that of the next one.
 * @param midnight of the date in UTC, in milliseconds, as is the result
 */
export function startOfDate(midnight: number, tz: string): number {
  const day = midnight / DAY_MS;
  const offset = offsetOfDay(day, tz);
  // No zone is a day from UTC.
  if (offset === offsetOfDay(day - 1, tz) && offset === offsetOfDay(day + 1, tz)) return midnight - offset;
  const date = Temporal.Instant.fromEpochMilliseconds(midnight).toZonedDateTimeISO("UTC").toPlainDate();
  return date.toZonedDateTime(tz).epochMilliseconds;
}

/**
 * A time as the zone's own clock shows it: `2026-03-29T00:00:00+01:00`, with `Z` for UTC. In UTC where that clock shows
 * the year 10000, for which RFC 3339 has no text.
 */
export function localTime(ms: number, tz: string): string {
  const offset = offsetAt(ms, tz);
  if (ms + offset >= BEYOND_MS) return localTime(ms, "UTC");
  const zone = tz === "UTC" ? "Z" : offsetText(offset);
  // Of old, clocks were off by seconds, which the text of an offset has no place for.
  if (zone === undefined) return zoned(ms, tz).toString({ timeZoneName: "never", smallestUnit: "second" });
  return new Date(ms + offset).toISOString().slice(0, -5) + zone;
}

function offsetText(offset: number): string | undefined {
  const minutes = Math.abs(offset) / MINUTE_MS;
  if (!Number.isInteger(minutes)) return undefined;
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** The form of a zone's name or offset. Temporal takes more: `+0530`, and times with a zone in brackets. */
export const TIME_ZONE =
  /^(?:[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$/;

/**
 * Whether it is a name of the IANA time zone database, in any case, or an offset such as `+05:30`. The list of names is
 * Node's; PostgreSQL has another, and is never told a zone.
 */
export function isTimeZone(name: string): boolean {
  if (!TIME_ZONE.test(name)) return false;
  try {
    return zoned(0, name) !== undefined;
  } catch {
    return false;
  }
}
