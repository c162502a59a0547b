/**
 * Reads the latency sketches in the rollups: DDSketch (Masson, Rim, Lee, VLDB 2019). PostgreSQL fills and merges them
 * (migration 0003, which has the same constant).
 */

/** Maximum relative error of a percentile. */
export const RELATIVE_ERROR = 0.02;

const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);

/** Holds times below a millisecond. */
const ZERO_BIN = -1;

export interface Bin {
  bin: number;
  count: number;
}

/** The value, in milliseconds, that is within the relative error of every value in the bin. */
export const latencyOf = (bin: number): number => (bin === ZERO_BIN ? 0 : (2 * GAMMA ** bin) / (GAMMA + 1));

/**
 * The smallest value that the given share of all values does not exceed, within the relative error.
 * @param bins ascending
 * @param share above 0, at most 1
 * @returns milliseconds; null if there are no values
 */
export function percentile(bins: readonly Bin[], share: number): number | null {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const rank = Math.ceil(share * total);
  let below = 0;
  for (const { bin, count } of bins) {
    below += count;
    if (below >= rank) return latencyOf(bin);
  }
  return null;
}
