import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";

/**
 * A query whose columns may use `bucketIndex`. The starts are sent and parsed once: in each part of a query, those of a month's hours took
 * PostgreSQL 0.5 ms.
 * @param starts starts of the buckets, in milliseconds, ascending, at least one; no time may be before the first
 */
export function inBuckets(sql: Executor, starts: readonly number[], query: Fragment): Fragment {
  // The first start may be in a year that PostgreSQL can't parse, and no time is before it.
  const thresholds = starts.map((ms, index) => (index === 0 ? "-infinity" : new Date(ms).toISOString()));
  // Sent as an array of times, not of texts: a cast from text would run for each row.
  return sql`WITH buckets AS MATERIALIZED (SELECT ${thresholds}::timestamptz[] AS starts) ${query}`;
}

/**
 * The index, from 0, of the bucket that holds a time, within `inBuckets`. Only lib/analytics/calendar.ts computes buckets: PostgreSQL has
 * its own zone data, and `date_trunc` with a zone gives two buckets the same start when a clock is set back.
 */
export const bucketIndex = (sql: Executor, at: Fragment): Fragment =>
  sql`width_bucket(${at}, (SELECT starts FROM buckets)) - 1`;
