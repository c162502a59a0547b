import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";

/**
 * Which bucket a time lies in, counted from 0. Buckets are cut by lib/analytics/calendar.ts alone: PostgreSQL has zone data of its
 * own, and `date_trunc` with a zone gives two buckets one start where a clock is put back.
 * @param starts of the buckets, in milliseconds, ascending, at least one; no time may lie before the first
 */
export function bucketIndex(sql: Executor, at: Fragment, starts: readonly number[]): Fragment {
  // The first bucket's start may lie in a year that PostgreSQL has no text for, and nothing lies before it.
  const thresholds = starts.map((ms, index) => (index === 0 ? "-infinity" : new Date(ms).toISOString()));
  // As an array of times, not of texts: a cast would be done again for each row.
  return sql`width_bucket(${at}, ${thresholds}::timestamptz[]) - 1`;
}
