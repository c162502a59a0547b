/** The intervals that divide a range of time legibly. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Shortest first, with the shortest time that each can have. */
const LENGTHS = { minute: MINUTE, hour: HOUR, day: DAY, week: 7 * DAY, month: 28 * DAY } as const;

export type Interval = keyof typeof LENGTHS;
const INTERVALS = Object.keys(LENGTHS) as Interval[];

/** More points than this are not legible in a chart, nor as a table. The API allows 10,000. */
const MOST_BUCKETS = 1_500;
/** Of these the default interval has at most this many. */
const MOST_BY_DEFAULT = 180;

/**
 * Intervals that divide a range into more than one and at most 1,500 buckets; if there is none, the closest one.
 * @param lengthMs of the range
 */
export function intervalsFor(lengthMs: number): Interval[] {
  const fitting = INTERVALS.filter(
    (name) => lengthMs > LENGTHS[name] && lengthMs <= LENGTHS[name] * MOST_BUCKETS,
  );
  return fitting.length > 0 ? fitting : [lengthMs > DAY ? "month" : "minute"];
}

/**
 * The wanted interval if it fits the range, otherwise the shortest with a legible number of buckets.
 * @param offered what the operation can do, of `intervalsFor`
 */
export function chooseInterval(
  lengthMs: number,
  wanted: string | undefined,
  offered: readonly Interval[] = intervalsFor(lengthMs),
): Interval {
  const known = offered.find((name) => name === wanted);
  if (known !== undefined) return known;
  const legible = offered.find((name) => lengthMs <= LENGTHS[name] * MOST_BY_DEFAULT);
  return legible ?? offered.at(-1) ?? "day";
}
