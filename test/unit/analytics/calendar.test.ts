import { describe, expect, test } from "vitest";
import { cutRange, type Interval } from "../../../lib/analytics/calendar.ts";
import { type Instant, parseTime } from "../../../lib/base/time.ts";
import { localTime } from "../../../lib/base/time-zone.ts";

const at = (text: string): Instant => {
  const instant = parseTime(text);
  if (!instant) throw new Error(`${text} is not a time`);
  return instant;
};

const cut = (start: string, end: string, interval: Interval, tz: string, most = 100): string[] =>
  cutRange(at(start), at(end), interval, tz, most).starts.map((ms) => localTime(ms, tz));

describe("cutRange", () => {
  test("starts at or before the start and ends before the end, to the microsecond", () => {
    const minutes = (end: string) => cut("2026-01-01T00:00:59.999Z", end, "minute", "UTC");
    expect(minutes("2026-01-01T00:01:00Z")).toEqual(["2026-01-01T00:00:00Z"]);
    expect(minutes("2026-01-01T00:01:00.000001Z")).toHaveLength(2);
  });

  test("cuts days of 23 and 25 hours", () => {
    expect(cut("2025-03-29T12:00:00Z", "2025-03-31T12:00:00Z", "day", "Europe/Berlin")).toEqual([
      "2025-03-29T00:00:00+01:00",
      "2025-03-30T00:00:00+01:00",
      "2025-03-31T00:00:00+02:00",
    ]);
    const hours = (day: string, next: string) => cut(day, next, "hour", "Europe/Berlin").length;
    expect(hours("2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00")).toBe(23);
    expect(hours("2025-10-26T00:00:00+02:00", "2025-10-27T00:00:00+01:00")).toBe(25);
  });

  test("cuts days whose midnight occurs twice, or never", () => {
    const days = (start: string, end: string) => cut(start, end, "day", "America/Havana");
    expect(days("2025-11-02T12:00:00Z", "2025-11-03T12:00:00Z")[0]).toBe("2025-11-02T00:00:00-04:00");
    expect(days("2025-03-09T12:00:00Z", "2025-03-09T13:00:00Z")).toEqual(["2025-03-09T01:00:00-04:00"]);
  });

  test("has no bucket for a date that a zone skipped", () => {
    expect(cut("2011-12-29T12:00:00Z", "2012-01-01T00:00:00Z", "day", "Pacific/Apia")).toEqual([
      "2011-12-29T00:00:00-10:00",
      "2011-12-31T00:00:00+14:00",
      "2012-01-01T00:00:00+14:00",
    ]);
  });

  test("cuts hours when the clock changes by half an hour", () => {
    expect(cut("2025-04-05T14:00:00Z", "2025-04-05T17:00:00Z", "hour", "Australia/Lord_Howe")).toEqual([
      "2025-04-06T01:00:00+11:00",
      "2025-04-06T02:00:00+10:30",
      "2025-04-06T03:00:00+10:30",
    ]);
    expect(cut("2025-10-04T14:30:00Z", "2025-10-04T17:00:00Z", "hour", "Australia/Lord_Howe")).toEqual([
      "2025-10-05T01:00:00+10:30",
      "2025-10-05T03:00:00+11:00",
    ]);
  });

  test("cuts weeks from Monday and months, in zones at :30 and :45", () => {
    expect(cut("2026-01-01T00:00:00Z", "2026-01-12T00:00:00Z", "week", "Asia/Kolkata")).toEqual([
      "2025-12-29T00:00:00+05:30",
      "2026-01-05T00:00:00+05:30",
      "2026-01-12T00:00:00+05:30",
    ]);
    expect(cut("2026-01-31T20:00:00Z", "2026-03-01T00:00:00Z", "month", "Asia/Kathmandu")).toEqual([
      "2026-02-01T00:00:00+05:45",
      "2026-03-01T00:00:00+05:45",
    ]);
  });

  test("reports more buckets than the limit", () => {
    const range = [at("2026-01-01T00:00:00Z"), at("2026-01-03T00:00:00Z")] as const;
    expect(cutRange(...range, "day", "UTC", 2).cut).toBe(false);
    expect(cutRange(...range, "day", "UTC", 1)).toMatchObject({ starts: [range[0].ms], cut: true });
  });
});
