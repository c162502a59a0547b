/** Ranges and zones of the dashboard. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveRange } from "../../../web/dashboard/app/ranges.ts";
import { allZones, fromWallClock, isZone, wallClock } from "../../../web/dashboard/app/zones.ts";

const NOW = Date.parse("2026-11-29T14:05:09.123Z");

describe("resolveRange", () => {
  it("ends with the current minute, so that whole minutes are counted", () => {
    expect(resolveRange({ range: "15m" }, "24h", NOW)).toEqual({
      name: "15m",
      start: "2026-11-29T13:51:00Z",
      end: "2026-11-29T14:06:00Z",
      isInvalid: false,
    });
  });

  it("falls back to the view's own range for a name that it does not know", () => {
    for (const range of [undefined, "17m", "toString", ""])
      expect(resolveRange({ range }, "1h", NOW)).toMatchObject({ name: "1h", start: "2026-11-29T13:06:00Z" });
    expect(resolveRange({}, "all", NOW)).toMatchObject({ name: "all", start: undefined, end: undefined });
  });

  it("takes a start and an end in any offset, and says if one is no time", () => {
    expect(resolveRange({ range: "1h", start: "2026-11-29T01:00:00+01:00" }, "24h", NOW)).toEqual({
      name: "custom",
      start: "2026-11-29T00:00:00Z",
      end: undefined,
      isInvalid: false,
    });
    expect(resolveRange({ end: "tomorrow" }, "24h", NOW)).toMatchObject({ end: undefined, isInvalid: true });
  });
});

describe("clocks of zones", () => {
  it.each([
    ["2026-07-01T12:00", "Europe/Berlin", "2026-07-01T10:00:00.000Z"],
    ["2026-01-01T00:00:30", "Asia/Kathmandu", "2025-12-31T18:15:30.000Z"],
    // Shown twice: the first time. Skipped: as long after the gap.
    ["2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"],
    ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"],
    ["2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:45:00.000Z"],
  ])("%s in %s is %s", (clock, zone, time) => {
    expect(new Date(fromWallClock(clock, zone) ?? 0).toISOString()).toBe(time);
  });

  it("show what they are set to, for any time and zone", () => {
    const zones = allZones();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), fc.constantFrom(...zones), (seconds, zone) => {
        const clock = wallClock(seconds * 1_000, zone);
        expect(wallClock(fromWallClock(clock, zone) ?? 0, zone)).toBe(clock);
      }),
    );
  });

  it("are not read from a text that is no date, nor in a zone that does not exist", () => {
    expect(fromWallClock("soon", "UTC")).toBeUndefined();
    expect([isZone("Europe/Berlin"), isZone("Mars/Olympus")]).toEqual([true, false]);
    expect(allZones()).toContain("UTC");
  });
});
