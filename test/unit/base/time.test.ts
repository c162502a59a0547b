import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTime, shortenTime } from "../../../lib/base/time.ts";

const two = (n: number): string => String(n).padStart(2, "0");

/** Any time between the years 1 and 9999 with a fraction and an offset, as text. */
const rfc3339 = fc
  .record({
    ms: fc.integer({ min: Date.UTC(100, 0, 2), max: Date.UTC(9999, 11, 30) }),
    fraction: fc.oneof(fc.constant(""), fc.stringMatching(/^\.[0-9]{1,9}$/)),
    offset: fc.oneof(
      fc.constantFrom("Z", "z", "-00:00", "+00:00"),
      fc
        .tuple(fc.constantFrom("+", "-"), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
        .map(([sign, hours, minutes]) => `${sign}${two(hours)}:${two(minutes)}`),
    ),
    t: fc.constantFrom("T", "t"),
  })
  .map(({ ms, fraction, offset, t }) => ({
    text: new Date(ms).toISOString().slice(0, 19).replace("T", t) + fraction + offset,
    fraction,
  }));

describe("parseTime", () => {
  it("returns the instant that Date reads, with its microseconds, in UTC", () => {
    fc.assert(
      fc.property(rfc3339, ({ text, fraction }) => {
        const instant = parseTime(text);
        expect(instant?.ms).toBe(Date.parse(text.toUpperCase()));
        expect(instant?.text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:\d{3})?Z$/);
        expect(Date.parse(instant?.text ?? "")).toBe(instant?.ms);
        const micros = `${instant?.text.slice(20, -1)}000`.slice(0, 6);
        expect(micros).toBe(`${fraction.slice(1)}000000`.slice(0, 6));
      }),
      { numRuns: 2_000 },
    );
  });

  it("reads its own output", () => {
    fc.assert(
      fc.property(rfc3339, ({ text }) => {
        const instant = parseTime(text);
        expect(parseTime(instant?.text ?? "")).toEqual(instant);
      }),
    );
  });

  it("orders texts as it orders instants", () => {
    fc.assert(
      fc.property(rfc3339, rfc3339, (one, other) => {
        const [a, b] = [parseTime(one.text), parseTime(other.text)];
        if (a !== undefined && b !== undefined && a.ms < b.ms) expect(a.text < b.text).toBe(true);
      }),
    );
  });

  it.each([
    ["2026-11-23T06:00:00Z", "2026-11-23T06:00:00.000Z"],
    ["2026-11-23T06:00:00.1239999+05:30", "2026-11-23T00:30:00.123999Z"],
    ["2024-02-29T23:59:59-00:00", "2024-02-29T23:59:59.000Z"],
    ["2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
    ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"],
    ["1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999900Z"],
  ])("reads %s as %s", (text, utc) => {
    expect(parseTime(text)?.text).toBe(utc);
  });

  it.each([
    "",
    "yesterday",
    "2026-11-23",
    "2026-11-23T06:00:00",
    "2026-11-23 06:00:00Z",
    "2026-11-23T06:00Z",
    "2026-11-23T06:00:00+0100",
    "2026-11-23T06:00:00+01",
    "2026-11-23T06:00:00.Z",
    "2026-11-23T06:00:00,5Z",
    "2026-11-23T24:00:00Z",
    "2026-11-23T06:60:00Z",
    "2026-11-23T06:00:60Z",
    "2026-11-23T06:00:00+24:00",
    "2026-11-23T06:00:00+01:60",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "0000-12-31T00:00:00Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "+010000-01-01T00:00:00Z",
    "-000001-01-01T00:00:00Z",
    "1764000000",
    " 2026-11-23T06:00:00Z",
    "2026-11-23T06:00:00Z\n",
    "٢٠٢٦-11-23T06:00:00Z",
  ])("refuses %j", (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it("refuses any other text without throwing", () => {
    const nearly = fc.stringMatching(/^[0-9TtZz:.+ -]{0,40}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), nearly), (text) => {
        const instant = parseTime(text);
        if (instant !== undefined) expect(Date.parse(text.toUpperCase())).toBe(instant.ms);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("shortenTime", () => {
  it("drops zero microseconds, and nothing else", () => {
    expect(shortenTime("2026-11-23T06:00:00.123000Z")).toBe("2026-11-23T06:00:00.123Z");
    expect(shortenTime("2026-11-23T06:00:00.000000Z")).toBe("2026-11-23T06:00:00.000Z");
    expect(shortenTime("2026-11-23T06:00:00.123400Z")).toBe("2026-11-23T06:00:00.123400Z");
  });
});
