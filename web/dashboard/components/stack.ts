/** Series of a chart. */

export interface ChartSeries {
  label: string;
  /** Null where there is no value. */
  values: readonly (number | null)[];
}

/** The values of each series plus those of all below it. The last series is at the bottom. */
export function stack(series: readonly ChartSeries[]): number[][] {
  const sums: number[] = [];
  return series
    .toReversed()
    .map(({ values }) =>
      values.map((value, index) => {
        sums[index] = (sums[index] ?? 0) + (value ?? 0);
        return sums[index];
      }),
    )
    .toReversed();
}
