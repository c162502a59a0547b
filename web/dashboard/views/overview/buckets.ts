/** Buckets of a series as a chart takes them. */

const HOUR = 3_600_000;

interface Bucket {
  bucket: string;
  event_type?: string;
  count: number;
}

/** The interval that gives a chart of a range between ten and a hundred bars, for most ranges. */
export function intervalFor({ start, end }: { start: string | undefined; end: string | undefined }) {
  if (start === undefined) return "month" as const;
  const ms = (end === undefined ? Date.now() : Date.parse(end)) - Date.parse(start);
  if (ms <= 2 * HOUR) return "minute" as const;
  if (ms <= 4 * 24 * HOUR) return "hour" as const;
  if (ms <= 92 * 24 * HOUR) return "day" as const;
  return ms <= 370 * 24 * HOUR ? ("week" as const) : ("month" as const);
}

/** Times in seconds, and one series for each type, the largest last: at the bottom of a stack. */
export function toSeries(buckets: readonly Bucket[]): {
  times: number[];
  series: { label: string; values: number[] }[];
} {
  const positions = new Map(
    [...new Set(buckets.map(({ bucket }) => bucket))].map((one, index) => [one, index]),
  );
  const byType = new Map<string, number[]>();
  for (const { bucket, event_type = "", count } of buckets) {
    const values = byType.get(event_type) ?? new Array<number>(positions.size).fill(0);
    values[positions.get(bucket) ?? 0] = count;
    byType.set(event_type, values);
  }
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    times: [...positions.keys()].map((bucket) => Date.parse(bucket) / 1_000),
    series: [...byType]
      .map(([label, values]) => ({ label, values }))
      .sort((a, b) => sum(a.values) - sum(b.values)),
  };
}
