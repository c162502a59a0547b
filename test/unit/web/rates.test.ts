/** Events per second, from totals. */
import { describe, expect, it } from "vitest";
import { ratesOf, type Sample, WINDOW_MS, withSample } from "../../../web/dashboard/views/overview/rates.ts";

const sample = (at: number, counts: Record<string, number>): Sample => ({
  at,
  counts: new Map(Object.entries(counts)),
});

describe("ratesOf", () => {
  it("divides what a total grew by the time in between", () => {
    const rates = ratesOf(
      [sample(0, { a: 10 }), sample(2_000, { a: 30, b: 1 }), sample(6_000, { a: 30, b: 5 })],
      1_000_000,
    );
    expect(rates.times).toEqual([1_002, 1_006]);
    expect(rates.series).toEqual([
      { label: "a", values: [10, 0] },
      { label: "b", values: [0.5, 1] },
    ]);
    expect(rates.latest).toBe(1);
  });

  it("has no rate before the second sample, nor over a time in which nobody measured", () => {
    expect(ratesOf([sample(0, { a: 1 })], 0)).toEqual({ times: [], series: [], latest: undefined });
    const rates = ratesOf([sample(0, { a: 0 }), sample(1_000, { a: 5 }), sample(60_000, { a: 900 })], 0);
    expect(rates.series).toEqual([{ label: "a", values: [5, null] }]);
    expect(rates.latest).toBeUndefined();
  });

  it("counts a total that shrank as no event", () => {
    const rates = ratesOf([sample(0, { a: 100 }), sample(1_000, { a: 40 }), sample(2_000, { a: 50 })], 0);
    expect(rates.series).toEqual([{ label: "a", values: [0, 10] }]);
  });

  it("adds up the types beyond the busiest five", () => {
    const counts = Object.fromEntries(
      Array.from({ length: 8 }, (_, index) => [`t${index}`, (8 - index) * 10]),
    );
    const { series, latest } = ratesOf([sample(0, {}), sample(1_000, counts)], 0);
    expect(series.map(({ label }) => label)).toEqual(["t0", "t1", "t2", "t3", "t4", "other types"]);
    expect(series.at(-1)?.values).toEqual([60]);
    expect(latest).toBe(360);
  });
});

it("samples are kept for the window only", () => {
  let samples: Sample[] = [];
  for (let at = 0; at <= 10 * WINDOW_MS; at += 2_000) samples = withSample(samples, sample(at, {}));
  expect(samples.length).toBeLessThan(WINDOW_MS / 2_000 + 10);
  expect(samples.at(-1)?.at).toBe(10 * WINDOW_MS);
});
