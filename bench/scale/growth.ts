import { mean } from "../statistics.ts";

export interface Growth {
  /** What each step added per unit of x. */
  marginal: number[];
  /** The least-squares line. */
  slope: number;
  intercept: number;
  /** Largest distance of a point from that line, as a share of the last y. */
  offLine: number;
}

/**
 * Describes how y grows with x.
 * @param xs ascending, at least two; ys their values
 */
export function growth(xs: readonly number[], ys: readonly number[]): Growth {
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const slope =
    xs.reduce((sum, x, n) => sum + (x - meanX) * ((ys[n] ?? 0) - meanY), 0) /
    xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
  const intercept = meanY - slope * meanX;
  const distances = xs.map((x, n) => Math.abs((ys[n] ?? 0) - (intercept + slope * x)));
  const marginal = xs.slice(1).map((x, n) => ((ys[n + 1] ?? 0) - (ys[n] ?? 0)) / (x - (xs[n] ?? 0)));
  return { marginal, slope, intercept, offLine: Math.max(...distances) / (ys.at(-1) || 1) };
}
