/**
 * Estimates the number of distinct values from a HyperLogLog sketch: P. Flajolet et al., "HyperLogLog: the analysis of a
 * near-optimal cardinality estimation algorithm", 2007. The estimator is algorithm 6 of O. Ertl, "New cardinality
 * estimation algorithms for HyperLogLog sketches", 2017, arXiv:1702.01284: it needs neither bias-correction tables nor a
 * separate method for small numbers.
 */

/** Bits of a hash that select the register. */
export const REGISTER_BITS = 14;
const REGISTERS = 2 ** REGISTER_BITS;
/** Remaining bits of a hash; a register holds the maximum number of leading zeros in them plus one, from 1 to 51. */
export const REST_BITS = 64 - REGISTER_BITS;

/** Relative standard error: 1.04/√m. Two in three estimates lie within one standard error, 99.7 % within three. */
export const RELATIVE_ERROR = 1.04 / Math.sqrt(REGISTERS);

/**
 * @param counts number of registers that hold each value from 1 to 51; the remaining registers hold 0
 * @returns the estimated number of distinct values, rounded
 */
export function estimateDistinct(counts: ReadonlyMap<number, number>): number {
  const used = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (used === 0) return 0;
  const full = counts.get(REST_BITS + 1) ?? 0;
  let z = REGISTERS * tau(1 - full / REGISTERS);
  for (let rank = REST_BITS; rank >= 1; rank--) z = (z + (counts.get(rank) ?? 0)) / 2;
  z += REGISTERS * sigma(1 - used / REGISTERS);
  return Math.round(REGISTERS ** 2 / (2 * Math.LN2 * z));
}

/** σ(x) = x + Σ x^(2^k) · 2^(k−1) over k ≥ 1, for x below 1: the contribution of empty registers. */
function sigma(x: number): number {
  let sum = x;
  for (let power = x ** 2, weight = 1; power * weight > sum * Number.EPSILON; power **= 2, weight *= 2)
    sum += power * weight;
  return sum;
}

/** τ(x) = ⅓ (1 − x − Σ (1 − x^(2^−k))² · 2^−k over k ≥ 1): the contribution of full registers. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let sum = 1 - x;
  for (let root = Math.sqrt(x), weight = 0.5; weight > Number.EPSILON; root = Math.sqrt(root), weight /= 2)
    sum -= (1 - root) ** 2 * weight;
  return sum / 3;
}
