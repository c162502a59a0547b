import type { Point } from "./part.ts";

/** Returns the quantile: the value at or below which the given share of all values lies. @param share above 0, at most 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The median; for an even number of values, the mean of the two middle values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [below = Number.NaN, above = Number.NaN] = [
    sorted[Math.ceil(middle) - 1],
    sorted[Math.floor(middle)],
  ];
  return (below + above) / 2;
}

/** The arithmetic mean. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Lowest and highest value. */
export const spread = (values: readonly number[]): [low: number, high: number] => [
  Math.min(...values),
  Math.max(...values),
];

/** A point of a chart. @param values the repeats */
export const pointOf = (x: number, values: readonly number[]): Point => [
  x,
  median(values),
  ...spread(values),
];

/** Three significant digits; integers from 100. */
export const format = (value: number): string =>
  Math.abs(value) >= 100
    ? Math.round(value).toLocaleString("en")
    : value.toLocaleString("en", { maximumSignificantDigits: 3 });

/** Median, with the lowest and highest repeat: `1,234 (1,200–1,300)`. */
export function formatMedian(values: readonly number[], scale = 1): string {
  const scaled = values.map((value) => value * scale);
  const [low, high] = spread(scaled);
  return `${format(median(scaled))} (${format(low)}–${format(high)})`;
}
