/** Offsets of time zones from UTC. */
import { Temporal } from "temporal-polyfill";
import { BEYOND_MS, DAY_MS, MINUTE_MS } from "./time.ts";

/** Maximum days in the cache, of all zones together; each takes about 50 bytes. */
const MOST_REMEMBERED = 100_000;

/** By zone, the offsets at the start of UTC days, by number of the day. */
const remembered = new Map<string, Map<number, number>>();
let days = 0;

/** A time as a zone's clock shows it. The library takes 5 to 10 µs. */
const zoned = (ms: number, tz: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(tz);

/**
 * The time by which the zone's clock is ahead of UTC, in milliseconds. No zone changes its clock and back within a day, so
 * if the offset is the same at both ends of a day, it is the same all day: a series of 720 hours calls the library for 31
 * days only.
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
 * The first instant of a local date; if the zone skipped the date, the first instant of the next one.
 * @param midnight UTC midnight of the date, in milliseconds, like the result
 */
export function startOfDate(midnight: number, tz: string): number {
  const day = midnight / DAY_MS;
  const offset = offsetOfDay(day, tz);
  // No offset reaches a full day.
  if (offset === offsetOfDay(day - 1, tz) && offset === offsetOfDay(day + 1, tz)) return midnight - offset;
  const date = Temporal.Instant.fromEpochMilliseconds(midnight).toZonedDateTimeISO("UTC").toPlainDate();
  return date.toZonedDateTime(tz).epochMilliseconds;
}

/**
 * A time as the zone's clock shows it: `2026-03-29T00:00:00+01:00`, with `Z` for UTC. It is in UTC if that clock shows the
 * year 10000, which RFC 3339 can't represent.
 */
export function localTime(ms: number, tz: string): string {
  const offset = offsetAt(ms, tz);
  if (ms + offset >= BEYOND_MS) return localTime(ms, "UTC");
  const zone = tz === "UTC" ? "Z" : offsetText(offset);
  // Historical offsets include seconds, which the text of an offset can't represent.
  if (zone === undefined) return zoned(ms, tz).toString({ timeZoneName: "never", smallestUnit: "second" });
  return new Date(ms + offset).toISOString().slice(0, -5) + zone;
}

function offsetText(offset: number): string | undefined {
  const minutes = Math.abs(offset) / MINUTE_MS;
  if (!Number.isInteger(minutes)) return undefined;
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** The form of a zone's name or offset. Temporal accepts more: `+0530`, and times with a zone in brackets. */
export const TIME_ZONE =
  /^(?:[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$/;

/**
 * True for a name in the IANA time zone database, in any case, or an offset such as `+05:30`. The list of names is
 * Node's; PostgreSQL has another one, and never receives a zone.
 */
export function isTimeZone(name: string): boolean {
  if (!TIME_ZONE.test(name)) return false;
  try {
    return zoned(0, name) !== undefined;
  } catch {
    return false;
  }
}
