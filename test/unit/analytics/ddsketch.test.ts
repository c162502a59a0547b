import fc from "fast-check";
import { expect, test } from "vitest";
import { latencyOf, percentile, RELATIVE_ERROR } from "../../../lib/analytics/ddsketch.ts";

const GAMMA = 1.02 / 0.98;

/** The same as in migration 0003. */
const binOf = (ms: number): number => (ms < 1 ? -1 : Math.ceil(Math.log(ms) / Math.log(GAMMA)));

test("a bin's value is within the error for all values in the bin", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (ms) => {
      expect(Math.abs(latencyOf(binOf(ms)) - ms)).toBeLessThanOrEqual(ms * RELATIVE_ERROR * (1 + 1e-9));
    }),
  );
});

test("a percentile is the value of its rank", () => {
  const bins = [
    { bin: -1, count: 50 },
    { bin: 10, count: 45 },
    { bin: 20, count: 5 },
  ];
  expect(percentile(bins, 0.5)).toBe(0);
  expect(percentile(bins, 0.51)).toBe(latencyOf(10));
  expect(percentile(bins, 0.95)).toBe(latencyOf(10));
  expect(percentile(bins, 0.951)).toBe(latencyOf(20));
  expect(percentile([], 0.5)).toBeNull();
});
