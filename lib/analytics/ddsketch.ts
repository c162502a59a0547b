/**
 * Reading of the latency sketches that the rollups keep: DDSketch (Masson, Rim, Lee, VLDB 2019). PostgreSQL fills and
 * merges them (migration 0003); the same constant stands there.
 */

/** A percentile is off by at most this share of itself. */
export const RELATIVE_ERROR = 0.02;

const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);

/** Times below a millisecond. */
const ZERO_BIN = -1;

export interface Bin {
  bin: number;
  count: number;
}

/** The value, in milliseconds, that is within the error of all that fell into the bin. */
export const latencyOf = (bin: number): number => (bin === ZERO_BIN ? 0 : (2 * GAMMA ** bin) / (GAMMA + 1));

/**
 * The smallest value that a share of all values do not exceed, within the error.
 * @param bins ascending
 * @param share above 0, at most 1
 * @returns milliseconds; null without values
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
