/** The value below or at which a share of all values lie. @param share above 0, at most 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const formatMs = (ms: number): string => ms.toFixed(ms < 10 ? 1 : 0);
