import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";

/**
 * The index, from 0, of the bucket that holds a time. Only lib/analytics/calendar.ts computes buckets: PostgreSQL has its
 * own zone data, and `date_trunc` with a zone gives two buckets the same start when a clock is set back.
 * @param starts starts of the buckets, in milliseconds, ascending, at least one; no time may be before the first
 */
export function bucketIndex(sql: Executor, at: Fragment, starts: readonly number[]): Fragment {
  // The first start may be in a year that PostgreSQL can't parse, and no time is before it.
  const thresholds = starts.map((ms, index) => (index === 0 ? "-infinity" : new Date(ms).toISOString()));
  // Sent as an array of times, not of texts: a cast from text would run for each row.
  return sql`width_bucket(${at}, ${thresholds}::timestamptz[]) - 1`;
}
