import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coverRange, type Segment } from "../../../lib/analytics/range.ts";
import { type Instant, parseTime } from "../../../lib/base/time.ts";

const at = (text: string): Instant => {
  const instant = parseTime(text);
  if (!instant) throw new Error(`${text} is not a time`);
  return instant;
};

const UNIT = { 1: 60_000_000n, 15: 900_000_000n, 60: 3_600_000_000n, 1440: 86_400_000_000n };
/** Beyond any time, and a whole number of days. */
const FAR = UNIT[1440] * 10n ** 9n;

/** Microseconds since the Unix epoch. */
const micros = (text: string): bigint => {
  if (text === "-infinity") return -FAR;
  if (text === "infinity") return FAR;
  const { ms, text: utc } = at(text);
  return BigInt(ms) * 1000n + BigInt(utc.slice(23, -1) || 0);
};

const fromMicros = (us: bigint): Instant => {
  const ms = Number(us / 1000n);
  const rest = String(us % 1000n).padStart(3, "0");
  return at(`${new Date(ms).toISOString().slice(0, -1)}${rest}Z`);
};

const contains = ({ from, to }: Segment, us: bigint): boolean => micros(from) <= us && us < micros(to);

describe("coverRange", () => {
  test("takes the coarsest rollups that fit, finer ones and raw rows at the edges", () => {
    expect(coverRange(at("2026-01-01T22:58:30Z"), at("2026-01-04T01:01:00.000001Z"))).toEqual([
      { grain: "raw", from: "2026-01-01T22:58:30.000Z", to: "2026-01-01T22:59:00.000Z" },
      { grain: 1, from: "2026-01-01T22:59:00.000Z", to: "2026-01-01T23:00:00.000Z" },
      { grain: 60, from: "2026-01-01T23:00:00.000Z", to: "2026-01-02T00:00:00.000Z" },
      { grain: 1440, from: "2026-01-02T00:00:00.000Z", to: "2026-01-04T00:00:00.000Z" },
      { grain: 60, from: "2026-01-04T00:00:00.000Z", to: "2026-01-04T01:00:00.000Z" },
      { grain: 1, from: "2026-01-04T01:00:00.000Z", to: "2026-01-04T01:01:00.000Z" },
      { grain: "raw", from: "2026-01-04T01:01:00.000Z", to: "2026-01-04T01:01:00.000001Z" },
    ]);
  });

  test.each([
    ["needs no raw rows for an aligned range", 1440, "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"],
    [
      "has raw rows only if no whole minute fits",
      "raw",
      "2026-01-01T00:00:30.000Z",
      "2026-01-01T00:01:30.000Z",
    ],
  ])("%s", (_, grain, from, to) => {
    expect(coverRange(at(from), at(to))).toEqual([{ grain, from, to }]);
  });

  test("begins or ends with days at an open side", () => {
    expect(coverRange(undefined, undefined)).toEqual([{ grain: 1440, from: "-infinity", to: "infinity" }]);
    expect(coverRange(undefined, at("2026-01-01T01:00:00Z"))).toEqual([
      { grain: 1440, from: "-infinity", to: "2026-01-01T00:00:00.000Z" },
      { grain: 60, from: "2026-01-01T00:00:00.000Z", to: "2026-01-01T01:00:00.000Z" },
    ]);
    expect(coverRange(at("2026-01-01T23:00:00Z"), undefined)).toEqual([
      { grain: 60, from: "2026-01-01T23:00:00.000Z", to: "2026-01-02T00:00:00.000Z" },
      { grain: 1440, from: "2026-01-02T00:00:00.000Z", to: "infinity" },
    ]);
  });

  test("returns no segment for an empty or reversed range, to the microsecond", () => {
    expect(coverRange(at("2026-01-01T00:00:00.000001Z"), at("2026-01-01T00:00:00.000001Z"))).toEqual([]);
    expect(coverRange(at("2026-01-01T00:00:00.000002Z"), at("2026-01-01T00:00:00.000001Z"))).toEqual([]);
    expect(coverRange(at("2026-01-01T00:00:00.000001Z"), at("2026-01-01T00:00:00.000002Z"))).toHaveLength(1);
  });

  test("works in the years 1 and 9999", () => {
    expect(coverRange(at("0001-01-01T00:00:00Z"), at("9999-12-31T00:00:00Z"))).toHaveLength(1);
  });

  test("returns no bound that PostgreSQL can't write as text", () => {
    const far = [
      "9999-12-31T23:59:59.999Z",
      "9999-12-31T23:58:59Z",
      "9999-12-31T12:00:00Z",
      "9999-12-31T00:00:00Z",
    ];
    for (const start of far)
      for (const end of [undefined, at("9999-12-31T23:59:59.999999Z")]) {
        const segments = coverRange(at(start), end);
        expect(segments[0]?.from).toBe(at(start).text);
        expect(segments.at(-1)?.to).toBe(end?.text ?? "infinity");
        for (const [index, { from, to }] of segments.entries()) {
          expect(from).toMatch(/^9999-/);
          if (index > 0) expect(from).toBe(segments[index - 1]?.to);
          expect(to).toMatch(/^9999-|^infinity$/);
        }
      }
  });

  const EPOCH = 1_790_000_000_000_000n;
  // Near and far from each other, and often at or next to a boundary.
  const instant = fc.oneof(
    fc.bigInt({ min: 0n, max: 200_000_000n }).map((offset) => EPOCH + offset),
    fc.bigInt({ min: 0n, max: 40n * UNIT[1440] }).map((offset) => EPOCH + offset),
    fc
      .tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: -2, max: 2 }))
      .map(([minute, beside]) => (EPOCH / UNIT[1]) * UNIT[1] + BigInt(minute) * UNIT[1] + BigInt(beside)),
  );
  const bound = fc.option(instant.map(fromMicros), { nil: undefined });

  test("covers every instant of the range, and no other, by exactly one segment", () => {
    fc.assert(
      fc.property(bound, bound, fc.array(instant, { maxLength: 200 }), (start, end, times) => {
        const segments = coverRange(start, end);
        const edges = segments
          .flatMap(({ from, to }) => [from, to])
          .filter((text) => !text.includes("infinity"));
        const tried = [...times, ...edges.map(micros), ...edges.map((text) => micros(text) - 1n)];
        for (const time of tried) {
          const inside = (!start || micros(start.text) <= time) && (!end || time < micros(end.text));
          expect(segments.filter((segment) => contains(segment, time))).toHaveLength(inside ? 1 : 0);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("gives the count of the events when each segment is counted from its buckets", () => {
    fc.assert(
      fc.property(bound, bound, fc.array(instant, { maxLength: 200 }), (start, end, times) => {
        const naive = times.filter(
          (time) => (!start || micros(start.text) <= time) && (!end || time < micros(end.text)),
        ).length;
        const counted = coverRange(start, end).map(
          (segment) =>
            times.filter((time) => {
              const unit = segment.grain === "raw" ? 1n : UNIT[segment.grain];
              return contains(segment, (time / unit) * unit);
            }).length,
        );
        expect(counted.reduce((sum, count) => sum + count, 0)).toBe(naive);
      }),
      { numRuns: 500 },
    );
  });

  test("returns at most nine segments, with aligned rollups and raw edges shorter than two minutes", () => {
    fc.assert(
      fc.property(bound, bound, (start, end) => {
        const segments = coverRange(start, end);
        expect(segments.length).toBeLessThanOrEqual(9);
        for (const { grain, from, to } of segments) {
          if (grain === "raw") expect(micros(to) - micros(from)).toBeLessThan(2n * UNIT[1]);
          else expect([micros(from) % UNIT[grain], micros(to) % UNIT[grain]]).toEqual([0n, 0n]);
        }
      }),
    );
  });
});
