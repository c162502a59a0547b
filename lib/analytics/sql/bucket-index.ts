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

/** How a query groups times by bucket. */
export interface Bucketing {
  /** Wraps the query. */
  within(query: Fragment): Fragment;
  /** The value by which a time is grouped. */
  key(at: Fragment): Fragment;
  /** The zero-based index of the bucket of a key. */
  index(key: Fragment): Fragment;
}

/**
 * Groups by bucket with a key that costs little for each time. Buckets of one length need no list of their starts, which for the hours of a
 * month took Node 0.9 ms and PostgreSQL 1.
 * @param starts as for `inBuckets`
 */
export function bucketing(sql: Executor, starts: readonly number[]): Bucketing {
  const length = lengthOf(starts);
  if (length === undefined)
    return {
      within: (query) => inBuckets(sql, starts, query),
      key: (at) => bucketIndex(sql, at),
      index: (key) => key,
    };
  // Not the first start, for the reason above.
  const origin = sql`${new Date(starts.at(-1) ?? 0).toISOString()}::timestamptz`;
  const seconds = length / 1_000;
  return {
    within: (query) => query,
    key: (at) => sql`date_bin(${`${seconds} s`}::interval, ${at}, ${origin})`,
    index: (key) =>
      sql`(extract(epoch FROM ${key} - ${origin}) / ${seconds}::int)::int + ${starts.length - 1}::int`,
  };
}

/** The length that all buckets have, in milliseconds; undefined if they differ, or if there is only one. */
function lengthOf(starts: readonly number[]): number | undefined {
  const [first, second] = starts;
  if (first === undefined || second === undefined) return undefined;
  const length = second - first;
  return starts.every((start, index) => start === first + index * length) ? length : undefined;
}
