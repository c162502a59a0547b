/** Results computed from a few of the library's answers equal the library's own for every time. */

import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { expect, test } from "vitest";
import { HOUR_MS } from "../../../lib/base/time.ts";
import { isTimeZone, localTime, offsetAt, startOfDate } from "../../../lib/base/time-zone.ts";

const zone = fc.constantFrom(...Intl.supportedValuesOf("timeZone"), "UTC", "+05:45", "-03:30");
const first = Date.parse("1850-01-01T00:00:00Z");
const last = Date.parse("2100-01-01T00:00:00Z");
const recent = Date.parse("2020-01-01T00:00:00Z");
const time = fc.oneof(fc.integer({ min: first, max: last }), fc.integer({ min: recent, max: last }));

const zoned = (ms: number, tz: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(tz);

/** The time itself, and every half hour around the next change of the zone's clock. */
function timesAbout(ms: number, tz: string): number[] {
  const change = zoned(ms, tz).getTimeZoneTransition("next")?.epochMilliseconds ?? ms;
  return [ms, change - 1, ...Array.from({ length: 100 }, (_, n) => change + (n - 50) * (HOUR_MS / 2))];
}

test("the offset and the local time equal the library's, even around a clock change", () => {
  fc.assert(
    fc.property(zone, time, (tz, ms) => {
      for (const at of timesAbout(ms, tz)) {
        const clock = zoned(at, tz);
        expect(offsetAt(at, tz)).toBe(clock.offsetNanoseconds / 1_000_000);
        const text = clock.toString({ timeZoneName: "never", smallestUnit: "second" });
        expect(localTime(at, tz)).toBe(tz === "UTC" ? text.replace("+00:00", "Z") : text);
      }
    }),
    { numRuns: 100 },
  );
});

test("the start of a date equals the library's, even on the day of a clock change", () => {
  fc.assert(
    fc.property(zone, time, (tz, ms) => {
      for (const at of timesAbout(ms, tz)) {
        const date = zoned(at, tz).toPlainDate();
        const midnight = date.toZonedDateTime("UTC").epochMilliseconds;
        expect(startOfDate(midnight, tz)).toBe(date.toZonedDateTime(tz).epochMilliseconds);
      }
    }),
    { numRuns: 100 },
  );
});

test("a local time in the year 10000 is written in UTC", () => {
  const time = Date.parse("9999-12-31T12:00:00Z");
  expect(localTime(time, "+11:59")).toBe("9999-12-31T23:59:00+11:59");
  expect(localTime(time, "+12:00")).toBe("9999-12-31T12:00:00Z");
});

test("isTimeZone accepts names and offsets, and nothing else", () => {
  expect(["UTC", "Europe/Berlin", "Asia/Kathmandu", "+05:45"].every(isTimeZone)).toBe(true);
  expect(["", "Berlin", "Europe/Atlantis", "2026", "+25:00"].some(isTimeZone)).toBe(false);
});
