import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";
import type { PropertyPath } from "../../query/property.ts";
import { propertyText } from "../../query/sql.ts";
import { bucketIndex, inBuckets } from "./bucket-index.ts";
import { fromEvents, type RawScope } from "./raw-events.ts";

/** Starts of buckets, in milliseconds, ascending; null for one bucket that covers the entire range. */
export type Bucketing = readonly number[] | null;

/** Bucket and value of each event that has a value other than null. */
export function bucketedValues(
  sql: Executor,
  scope: RawScope,
  path: PropertyPath,
  starts: Bucketing,
): Fragment {
  const bucket = starts === null ? sql`NULL::integer` : bucketIndex(sql, sql`event_time`);
  const values = sql`
    SELECT bucket, value
      FROM (SELECT ${bucket} AS bucket, ${propertyText(sql, path)} AS value ${fromEvents(sql, scope)} OFFSET 0) AS found
     WHERE value <> 'null'`;
  return starts === null ? values : inBuckets(sql, starts, values);
}

export interface DistinctCount {
  /** Index of the bucket; null for the entire range. */
  bucket: number | null;
  count: number;
}

/**
 * Counts the distinct values of a property exactly: over the entire range, then by bucket if there are buckets.
 * @param starts at least one, or null; no event of the scope is before the first
 * @returns no row for a bucket without values
 */
export async function distinctValues(
  sql: Executor,
  scope: RawScope,
  path: PropertyPath,
  starts: Bucketing,
): Promise<DistinctCount[]> {
  const ofAll =
    starts === null
      ? sql``
      : sql`UNION ALL SELECT NULL, count(*) FROM (SELECT DISTINCT value FROM found) AS of_all`;
  return sql<DistinctCount[]>`
    WITH found AS MATERIALIZED (
      SELECT DISTINCT bucket, value FROM (${bucketedValues(sql, scope, path, starts)}) AS each_one
    ), counts AS (SELECT bucket, count(*) AS count FROM found GROUP BY bucket ${ofAll})
    SELECT bucket, count::float8 AS count FROM counts ORDER BY bucket NULLS FIRST`;
}
