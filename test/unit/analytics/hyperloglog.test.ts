import { describe, expect, it } from "vitest";
import { estimateDistinct, RELATIVE_ERROR } from "../../../lib/analytics/hyperloglog.ts";

/** 32 bits that depend on every bit of the number: the finalizer of MurmurHash3. */
function mix(number: number): number {
  let bits = number | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** A sketch of `count` different values, made with another hash than PostgreSQL's. */
function sketch(count: number, seed: number): Map<number, number> {
  const registers = new Uint8Array(2 ** 14);
  for (let value = 1; value <= count; value++) {
    const high = mix(value + seed * 0x9e3779b9);
    const low = mix(high + value);
    // 50 bits: all 32 of one hash and the upper 18 of the other.
    const zeros = high > 0 ? Math.clz32(high) : 32 + Math.min(18, Math.clz32(low));
    const register = low & 16_383;
    registers[register] = Math.max(registers[register] ?? 0, zeros + 1);
  }
  const counts = new Map<number, number>();
  for (const rank of registers) if (rank > 0) counts.set(rank, (counts.get(rank) ?? 0) + 1);
  return counts;
}

describe("estimateDistinct", () => {
  it("returns 0 for an empty sketch and 1 for one value", () => {
    expect(estimateDistinct(new Map())).toBe(0);
    expect(estimateDistinct(new Map([[3, 1]]))).toBe(1);
  });

  it.each([10, 1_000, 16_000, 40_000, 80_000, 200_000])(
    "is within three standard errors for %i values, and on average within one",
    (count) => {
      const errors = Array.from(
        { length: 5 },
        (_, seed) => estimateDistinct(sketch(count, seed)) / count - 1,
      );
      for (const error of errors) expect(Math.abs(error)).toBeLessThan(3 * RELATIVE_ERROR);
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      expect(Math.abs(mean)).toBeLessThan(RELATIVE_ERROR);
    },
  );

  it("grows with every register, until all are full", () => {
    const estimates = Array.from({ length: 51 }, (_, index) =>
      estimateDistinct(new Map([[index + 1, 16_384]])),
    );
    expect(estimates).toEqual(estimates.toSorted((a, b) => a - b));
    expect(new Set(estimates).size).toBe(51);
  });
});
