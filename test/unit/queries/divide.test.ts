import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../../lib/base/time.ts";
import { halve } from "../../../lib/queries/advance.ts";
import { cutsOf } from "../../../lib/queries/divide.ts";
import { merge, type TopState } from "../../../lib/queries/kinds/top.ts";
import { type Plan, partsOf, scopeOf } from "../../../lib/queries/question.ts";

const hours = (...events: number[]) =>
  events.map((count, n) => ({ from: n * HOUR_MS, to: (n + 1) * HOUR_MS, events: count }));

describe("the division of a range", () => {
  it("puts neighbouring buckets into a part until it is full", () => {
    expect(cutsOf(hours(3, 3, 3, 3, 3), 6)).toEqual([2 * HOUR_MS, 4 * HOUR_MS]);
    expect(cutsOf(hours(1, 1, 1), 6)).toEqual([]);
    expect(cutsOf([], 6)).toEqual([]);
  });

  it("divides a bucket with too many events into equal times", () => {
    expect(cutsOf(hours(1, 20, 1), 10)).toEqual([HOUR_MS, 1.5 * HOUR_MS, 2 * HOUR_MS]);
  });

  it("makes parts of at most the size, if a bucket's events are spread evenly, and few more than necessary", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 40 }), (counts) => {
        const buckets = hours(...counts);
        const cuts = cutsOf(buckets, 10);
        expect(cuts).toEqual(cuts.toSorted((a, b) => a - b));
        const edges = [0, ...cuts, counts.length * HOUR_MS];
        const share = (from: number, to: number): number =>
          buckets.reduce(
            (sum, bucket) =>
              sum +
              (bucket.events * Math.max(0, Math.min(to, bucket.to) - Math.max(from, bucket.from))) / HOUR_MS,
            0,
          );
        for (const [n, to] of edges.slice(1).entries()) expect(share(edges[n] ?? 0, to)).toBeLessThan(10.01);
        const all = counts.reduce((sum, count) => sum + count, 0);
        expect(cuts.length + 1).toBeLessThanOrEqual(Math.ceil(all / 10) * 2 + 1);
      }),
    );
  });
});

describe("a part that takes too long", () => {
  const plan = (cuts: string[]): Plan => ({
    question: {
      kind: "top",
      scope: {
        clientId: "a",
        start: { ms: 0, text: "1970-01-01T00:00:00.000Z" },
        end: { ms: 10_000, text: "1970-01-01T00:00:10.000Z" },
        storedBefore: "1970-01-01T00:00:10.000Z",
      },
      property: ["n"],
      limit: 1,
    },
    cuts,
  });

  it("is halved, and the parts around it stay", () => {
    const halved = halve(plan(["1970-01-01T00:00:06.000Z"]), 1);
    expect(halved?.cuts).toEqual(["1970-01-01T00:00:06.000Z", "1970-01-01T00:00:08.000Z"]);
    expect(halved && partsOf(halved)).toBe(3);
    const ranges = [0, 1, 2].map((part) => halved && scopeOf(halved, part));
    expect(ranges.map((scope) => [scope?.start?.ms, scope?.end?.ms])).toEqual([
      [0, 6_000],
      [6_000, 8_000],
      [8_000, 10_000],
    ]);
  });

  it("is not halved below a second", () => {
    expect(halve(plan(["1970-01-01T00:00:01.500Z"]), 0)).toBeUndefined();
  });
});

describe("the most frequent values of parts", () => {
  const stateOf = (values: readonly string[]): TopState => {
    const counts = Map.groupBy(values, (value) => value);
    return {
      values: [...counts].map(([value, all]) => [value, all.length]),
      events: values.length,
      tooLong: 0,
      missing: 0,
    };
  };

  it("are at most as frequent as they really are, and lack at most `missing`", () => {
    const value = fc.integer({ min: 0, max: 12 }).map(String);
    fc.assert(
      fc.property(fc.array(fc.array(value, { maxLength: 30 }), { maxLength: 8 }), (parts) => {
        const merged = parts.map(stateOf).reduce((all, part) => merge(all, part, 4), stateOf([]));
        const really = new Map(stateOf(parts.flat()).values);
        const shown = new Map(merged.values);
        expect(merged.events).toBe(parts.flat().length);
        expect(shown.size).toBeLessThanOrEqual(4);
        for (const [name, count] of really) {
          expect(shown.get(name) ?? 0).toBeLessThanOrEqual(count);
          expect(count - (shown.get(name) ?? 0)).toBeLessThanOrEqual(merged.missing);
        }
      }),
    );
  });

  it("are exact while all of them fit", () => {
    const merged = merge(stateOf(["a", "b", "a"]), stateOf(["b", "c", "b"]), 3);
    expect(merged).toEqual({
      values: [
        ["a", 2],
        ["b", 3],
        ["c", 1],
      ],
      events: 6,
      tooLong: 0,
      missing: 0,
    });
  });
});
