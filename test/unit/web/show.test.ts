/** How the dashboard shows figures, buckets, health and files. */
import { describe, expect, it } from "vitest";
import { ExactNumber } from "../../../web/dashboard/api/exact.ts";
import { formatCount, formatDuration, formatRate, formatTime } from "../../../web/dashboard/app/format.ts";
import { csvText } from "../../../web/dashboard/components/csv.ts";
import { stack } from "../../../web/dashboard/components/stack.ts";
import { checkCondition } from "../../../web/dashboard/views/events/condition.ts";
import { intervalFor, toSeries } from "../../../web/dashboard/views/overview/buckets.ts";
import { slotsOf } from "../../../web/dashboard/views/overview/health-slots.ts";

describe("figures", () => {
  it("have separators, and all digits of a count", () => {
    expect(formatCount(21_707)).toBe("21,707");
    expect(formatCount(new ExactNumber("12345678901234567890"))).toBe("12,345,678,901,234,567,890");
    expect(formatCount(new ExactNumber("-1234.50"))).toBe("-1,234.50");
    expect(formatCount(new ExactNumber("1e400"))).toBe("1e400");
    expect([formatRate(0.0135), formatRate(12_852.4)]).toEqual(["0.0135", "12,852"]);
  });

  it("are durations in a fitting unit, and times in a zone", () => {
    expect([0, 36, 1_250, 90_000, 12_600_000, 172_800_000].map(formatDuration)).toEqual([
      "0 ms",
      "36 ms",
      "1.25 s",
      "1.5 min",
      "3.5 h",
      "2 d",
    ]);
    expect(formatTime("2026-11-29T14:05:09.9Z", "Asia/Kathmandu")).toBe("2026-11-29 19:50:09");
  });
});

describe("CSV", () => {
  it("quotes, keeps digits, and runs no formula", () => {
    expect(
      csvText(
        ["a", "b,c"],
        [
          ["=1+1", new ExactNumber("-0.10")],
          [undefined, 'say "hi"'],
        ],
      ),
    ).toBe(`a,"b,c"\r\n'=1+1,-0.10\r\n,"say ""hi"""\r\n`);
  });
});

it("conditions are checked by the API's own parser", () => {
  for (const good of ["payload.a>=4.5", "!payload.user", 'payload."odd key"=x', "payload.items[0].sku"])
    expect(checkCondition(good)).toBeUndefined();
  for (const bad of ["a=1", "payload.", "payload.a~1", "!payload.a=1"])
    expect(checkCondition(bad)).toMatch(/\w/);
});

describe("buckets", () => {
  it("become one series for each type, the largest at the bottom", () => {
    const { times, series } = toSeries([
      { bucket: "2026-03-29T00:00:00+01:00", event_type: "a", count: 1 },
      { bucket: "2026-03-29T00:00:00+01:00", event_type: "b", count: 5 },
      { bucket: "2026-03-30T00:00:00+02:00", event_type: "b", count: 7 },
    ]);
    expect(times.map((seconds) => new Date(seconds * 1_000).toISOString())).toEqual([
      "2026-03-28T23:00:00.000Z",
      "2026-03-29T22:00:00.000Z",
    ]);
    expect(series).toEqual([
      { label: "a", values: [1, 0] },
      { label: "b", values: [5, 7] },
    ]);
    expect(stack(series)).toEqual([
      [6, 7],
      [5, 7],
    ]);
  });

  it("are as long as a readable chart needs", () => {
    const range = (end: string) => ({ start: "2026-01-01T00:00:00Z", end });
    expect(
      [
        "2026-01-01T01:00:00Z",
        "2026-01-02T00:00:00Z",
        "2026-02-01T00:00:00Z",
        "2027-01-01T00:00:00Z",
        "2029-01-01T00:00:00Z",
      ].map((end) => intervalFor(range(end))),
    ).toEqual(["minute", "hour", "day", "week", "month"]);
    expect(intervalFor({ start: undefined, end: undefined })).toBe("month");
  });
});

it("the history of health has a state for each part of the time", () => {
  const slots = slotsOf(
    {
      start: "2026-11-29T00:00:00Z",
      end: "2026-11-29T04:00:00Z",
      checks: [
        { at: "2026-11-29T00:10:00Z", status: "ok" },
        { at: "2026-11-29T00:50:00Z", status: "unavailable" },
        { at: "2026-11-29T01:00:00Z", status: "unavailable" },
        { at: "2026-11-29T04:00:00Z", status: "ok" },
      ],
    },
    4,
  );
  expect(slots.map(({ state }) => state)).toEqual(["mixed", "unavailable", "none", "ok"]);
  expect(slots[1]?.start).toBe(Date.parse("2026-11-29T01:00:00Z"));
});
