import type { PropertyPath } from "../property.ts";
import type { Executor } from "./client.ts";
import { type Fragment, utc } from "./fragments.ts";
import { fromEvents, type RawScope } from "./raw-events.ts";
import { propertyText } from "./where.ts";

export interface Buckets {
  interval: "hour" | "day" | "week" | "month";
  /** A time zone that PostgreSQL knows. */
  tz: string;
}

/** Null for no buckets, of which the whole range is one. */
export type Bucketing = Buckets | null;

/** The start of each event's bucket; weeks begin on Monday. */
const bucketOf = (sql: Executor, bucketing: Bucketing): Fragment =>
  bucketing === null
    ? sql`NULL::timestamptz`
    : sql`date_trunc(${bucketing.interval}, event_time, ${bucketing.tz})`;

/** Each event's bucket and value, for those that have a value other than null. */
export const bucketedValues = (
  sql: Executor,
  scope: RawScope,
  path: PropertyPath,
  bucketing: Bucketing,
): Fragment => sql`
  SELECT bucket, value
    FROM (SELECT ${bucketOf(sql, bucketing)} AS bucket, ${propertyText(sql, path)} AS value
            ${fromEvents(sql, scope)} OFFSET 0) AS found
   WHERE value <> 'null'`;

export interface DistinctCount {
  /** UTC text with six fractional digits; null for the whole range. */
  bucket: string | null;
  count: number;
}

/**
 * How many distinct values a property has, exactly: over the whole range, then by bucket where there are any.
 * @param maxBuckets one more at the most come back
 */
export async function distinctValues(
  sql: Executor,
  scope: RawScope,
  path: PropertyPath,
  bucketing: Bucketing,
  maxBuckets: number,
): Promise<DistinctCount[]> {
  const whole =
    bucketing === null
      ? sql``
      : sql`UNION ALL SELECT NULL, count(*) FROM (SELECT DISTINCT value FROM found) AS of_all`;
  return sql<DistinctCount[]>`
    WITH found AS MATERIALIZED (
      SELECT DISTINCT bucket, value FROM (${bucketedValues(sql, scope, path, bucketing)}) AS each_one
    ), counts AS (SELECT bucket, count(*) AS count FROM found GROUP BY bucket ${whole})
    SELECT ${utc(sql, "bucket")} AS bucket, count::float8 AS count
      FROM counts ORDER BY counts.bucket NULLS FIRST LIMIT ${maxBuckets + 2}`;
}
