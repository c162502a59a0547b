/** Events per second by type, from the differences between totals that are read every few seconds. */

/** Totals at one time. */
export interface Sample {
  /** Milliseconds on a clock that never goes back. */
  at: number;
  counts: ReadonlyMap<string, number>;
}

export interface Rates {
  /** Seconds since the Unix epoch. */
  times: number[];
  series: { label: string; values: (number | null)[] }[];
  /** All types together; undefined until there are two samples. */
  latest: number | undefined;
}

/** How long the chart looks back. */
export const WINDOW_MS = 120_000;
/** Longer distances between samples mean that nobody measured: the tab was hidden, or the API away. */
const GAP_MS = 15_000;
const MOST_TYPES = 5;
const OTHER = "other types";

/** The samples with a new one, without those that are too old to be shown. */
export const withSample = (samples: readonly Sample[], sample: Sample): Sample[] => [
  ...samples.filter(({ at }) => at >= sample.at - WINDOW_MS - GAP_MS && at < sample.at),
  sample,
];

/**
 * Rates between each two samples, of the types with most events in the window; the others are added up. A total that
 * shrank, as events were deleted, counts as no event.
 * @param epochMs added to a sample's time gives milliseconds since the Unix epoch
 */
export function ratesOf(samples: readonly Sample[], epochMs: number): Rates {
  const steps = samples.slice(1).map((sample, index) => stepBetween(samples[index] as Sample, sample));
  const sums = new Map<string, number>();
  for (const step of steps)
    for (const [type, rate] of step.rates ?? []) sums.set(type, (sums.get(type) ?? 0) + rate);
  const busiest = [...sums].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([type]) => type);
  const shown = busiest.slice(0, MOST_TYPES);
  const rest = busiest.slice(MOST_TYPES);
  const total = (step: Step, types: readonly string[]): number | null =>
    step.rates && types.reduce((sum, type) => sum + (step.rates?.get(type) ?? 0), 0);
  const groups = [
    ...shown.map((type) => [type, [type]] as const),
    ...(rest.length > 0 ? [[OTHER, rest] as const] : []),
  ];
  const last = steps.at(-1);
  return {
    times: steps.map(({ at }) => (at + epochMs) / 1_000),
    series: groups.map(([label, types]) => ({ label, values: steps.map((step) => total(step, types)) })),
    latest: last === undefined ? undefined : (total(last, busiest) ?? undefined),
  };
}

interface Step {
  at: number;
  /** Null if too much time passed in between. */
  rates: ReadonlyMap<string, number> | null;
}

function stepBetween(before: Sample, after: Sample): Step {
  const ms = after.at - before.at;
  if (ms > GAP_MS) return { at: after.at, rates: null };
  const rates = [...after.counts].flatMap(([type, count]) => {
    const grown = count - (before.counts.get(type) ?? 0);
    return grown > 0 ? [[type, (grown * 1_000) / ms] as const] : [];
  });
  return { at: after.at, rates: new Map(rates) };
}
