import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coverStored, partsOfDays } from "../../../lib/analytics/packed-range.ts";
import type { Segment } from "../../../lib/analytics/range.ts";
import { DAY_MS, instantOf } from "../../../lib/base/time.ts";

const QUARTER_MS = 900_000;
const BORDER = Date.parse("2026-03-10T00:00:00Z");

const at = (text: string) => instantOf(Date.parse(text));
const isPacked = ({ grain }: Segment): boolean => grain === "packed days" || grain === "packed quarters";
const contains = ({ from, to }: Segment, ms: number): boolean =>
  Date.parse(from) <= ms && ms < Date.parse(to);

function expectCovered(
  instant: number,
  { start, end, segments }: { start: number; end: number; segments: readonly Segment[] },
): void {
  const holding = segments.filter((segment) => contains(segment, instant));
  const inside = start <= instant && instant < end;
  const old = inside && instant < BORDER && holding[0]?.grain !== "raw";
  expect(holding.filter((segment) => !isPacked(segment))).toHaveLength(inside ? 1 : 0);
  expect(holding.filter(isPacked)).toHaveLength(old ? 1 : 0);
  if (old) expect(holding.map(({ grain }) => grain)).toContain(15);
}

/** Expects that no cut divides a segment where its rows can't be divided. */
function expectWithin({ grain, from, to, bounds }: Segment, cuts: readonly number[]): void {
  const [first, last] = [Date.parse(from), Date.parse(to)];
  const inner = cuts.filter((cut) => cut > first && cut < last);
  if (grain === "packed days") {
    expect([first % DAY_MS, last % DAY_MS]).toEqual([0, 0]);
    expect(inner.filter((cut) => cut % DAY_MS !== 0)).toEqual([]);
    return;
  }
  const parts = partsOfDays({ grain, from, to, ...(bounds && { bounds }) });
  const ends = parts.map(({ midnight, beyond }) => midnight + beyond * QUARTER_MS);
  expect(parts.map(({ start }) => start)).toEqual([first, ...ends.slice(0, -1)]);
  expect(ends.at(-1)).toBe(last);
  expect(inner.filter((cut) => !ends.includes(cut))).toEqual([]);
  for (const { midnight, start, first: quarter, beyond } of parts) {
    expect([midnight % DAY_MS, midnight + quarter * QUARTER_MS]).toEqual([0, start]);
    expect(beyond).toBeGreaterThan(quarter);
    expect(beyond).toBeLessThanOrEqual(96);
  }
}

describe("coverStored", () => {
  it("counts full days and parts of days from packed days, with the quarters that were stored since", () => {
    expect(coverStored(at("2026-03-07T23:20:00Z"), at("2026-03-11T01:00:00Z"), [], BORDER)).toEqual([
      { grain: "raw", from: "2026-03-07T23:20:00.000Z", to: "2026-03-07T23:30:00.000Z" },
      { grain: 15, from: "2026-03-07T23:30:00.000Z", to: "2026-03-10T00:00:00.000Z" },
      {
        grain: "packed quarters",
        from: "2026-03-07T23:30:00.000Z",
        to: "2026-03-08T00:00:00.000Z",
        bounds: [BORDER - 2 * DAY_MS - 2 * QUARTER_MS, BORDER - 2 * DAY_MS],
      },
      { grain: "packed days", from: "2026-03-08T00:00:00.000Z", to: "2026-03-10T00:00:00.000Z" },
      { grain: 1440, from: "2026-03-10T00:00:00.000Z", to: "2026-03-11T00:00:00.000Z" },
      { grain: 60, from: "2026-03-11T00:00:00.000Z", to: "2026-03-11T01:00:00.000Z" },
    ]);
  });

  it("returns at most nine segments without cuts", () => {
    const edges = coverStored(at("2026-03-01T01:01:01Z"), at("2026-03-20T01:31:01Z"), [], BORDER);
    expect(edges).toHaveLength(9);
  });

  it("covers each instant once by rows that a worker adds to and once by packed days or raw rows, whatever the cuts", () => {
    const ms = fc.oneof(
      fc.integer({ min: -5 * 96, max: 5 * 96 }).map((quarter) => BORDER + quarter * QUARTER_MS),
      fc.integer({ min: -5 * DAY_MS, max: 5 * DAY_MS }).map((offset) => BORDER + offset),
    );
    fc.assert(
      fc.property(ms, ms, fc.array(ms), fc.array(ms, { minLength: 1 }), (start, end, cuts, instants) => {
        const ascending = [...new Set(cuts)].sort((a, b) => a - b);
        const segments = coverStored(instantOf(start), instantOf(end), ascending, BORDER);
        const range = { start, end, segments };
        for (const instant of instants) expectCovered(instant, range);
        for (const segment of segments.filter(isPacked)) expectWithin(segment, ascending);
      }),
      { numRuns: 1_000 },
    );
  });
});
