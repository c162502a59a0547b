import { REGISTER_BITS, REST_BITS } from "../hyperloglog.ts";
import type { PropertyPath } from "../property.ts";
import type { Executor } from "./client.ts";
import { type Bucketing, bucketedValues } from "./distinct-values.ts";
import { utc } from "./fragments.ts";
import type { RawScope } from "./raw-events.ts";

export interface RegisterCount {
  /** UTC text with six fractional digits; null for the whole range. */
  bucket: string | null;
  /** What the registers hold: one more than the most leading zeros seen. */
  rank: number;
  /** How many registers hold it. */
  count: number;
}

/**
 * HyperLogLog sketches of a property's values, one for the whole range and one for each bucket, as counts of equal
 * registers: at most 51 rows a sketch. A register's most leading zeros are those of its least hash, so only that is kept
 * while the rows are read: one group for each bucket and register, however many values there are.
 * @param maxBuckets the rows of one more at the most come back
 */
export async function sketchDistinct(
  sql: Executor,
  scope: RawScope,
  path: PropertyPath,
  bucketing: Bucketing,
  maxBuckets: number,
): Promise<RegisterCount[]> {
  const whole =
    bucketing === null ? sql`` : sql`UNION ALL SELECT NULL, register, min(rest) FROM parts GROUP BY register`;
  return sql<RegisterCount[]>`
    WITH hashes AS (
      SELECT bucket, hashtextextended(value, 0) AS hash
        FROM (${bucketedValues(sql, scope, path, bucketing)}) AS each_one
    ), parts AS (
      SELECT bucket, hash & ${2 ** REGISTER_BITS - 1}::bigint AS register,
             min(hash >> ${REGISTER_BITS}::int & ${2 ** REST_BITS - 1}::bigint) AS rest
        FROM hashes GROUP BY 1, 2
    ), registers AS (SELECT bucket, register, rest FROM parts ${whole})
    SELECT ${utc(sql, "bucket")} AS bucket, rank, count(*)::int AS count
      FROM (SELECT bucket, coalesce(nullif(position(B'1' IN rest::bit(50)), 0), 51) AS rank FROM registers) AS ranks
     GROUP BY ranks.bucket, rank ORDER BY ranks.bucket NULLS FIRST LIMIT ${(maxBuckets + 2) * (REST_BITS + 1)}`;
}
