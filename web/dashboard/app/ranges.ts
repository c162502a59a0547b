/** Time ranges, by name or by their times. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const RANGES = {
  "15m": { label: "Last 15 minutes", ms: 15 * MINUTE },
  "1h": { label: "Last hour", ms: HOUR },
  "6h": { label: "Last 6 hours", ms: 6 * HOUR },
  "24h": { label: "Last 24 hours", ms: DAY },
  "7d": { label: "Last 7 days", ms: 7 * DAY },
  "30d": { label: "Last 30 days", ms: 30 * DAY },
  "90d": { label: "Last 90 days", ms: 90 * DAY },
  "1y": { label: "Last year", ms: 365 * DAY },
} as const;
export type RangeName = keyof typeof RANGES;

export interface Limits {
  /** Name of a range that ends now, `custom`, or `all`. */
  name: RangeName | "custom" | "all";
  /** RFC 3339, or undefined if the range is open. */
  start: string | undefined;
  end: string | undefined;
  /** True if the URL has a start or an end that is no time. */
  isInvalid: boolean;
}

interface Given {
  range?: string | undefined;
  start?: string | undefined;
  end?: string | undefined;
}

/**
 * The times of a range. Those that end now end with the current minute: the API counts whole minutes from rollups.
 * @param now milliseconds since the Unix epoch
 */
export function resolveRange(
  { range, start, end }: Given,
  byDefault: RangeName | "all",
  now: number,
): Limits {
  if (start !== undefined || end !== undefined) {
    const times = [start, end].map((text) => (text === undefined ? undefined : toIso(Date.parse(text))));
    const isInvalid =
      (start !== undefined && times[0] === undefined) || (end !== undefined && times[1] === undefined);
    return { name: "custom", start: times[0], end: times[1], isInvalid };
  }
  const name =
    range === "all" || (range !== undefined && Object.hasOwn(RANGES, range))
      ? (range as RangeName | "all")
      : byDefault;
  if (name === "all") return { name, start: undefined, end: undefined, isInvalid: false };
  const to = Math.ceil(now / MINUTE) * MINUTE;
  return { name, start: toIso(to - RANGES[name].ms), end: toIso(to), isInvalid: false };
}

/** RFC 3339 in UTC without fractions of zero. */
export const toIso = (ms: number): string | undefined =>
  Number.isNaN(ms) ? undefined : new Date(ms).toISOString().replace(".000Z", "Z");

/** Members of a query for the range. */
export const rangeQuery = ({
  start,
  end,
}: Pick<Limits, "start" | "end">): { start?: string; end?: string } => ({
  ...(start !== undefined && { start }),
  ...(end !== undefined && { end }),
});
