import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";
import type { PropertyPath } from "../../query/property.ts";
import { REGISTER_BITS, REST_BITS } from "../hyperloglog.ts";
import { type Bucketing, bucketedValues } from "./distinct-values.ts";
import type { RawScope } from "./raw-events.ts";

export interface RegisterCount {
  /** Index of the bucket; null for the entire range. */
  bucket: number | null;
  /** Value of the registers: the maximum number of leading zeros plus one. */
  rank: number;
  /** Number of registers with this value. */
  count: number;
}

/** Rows of bucket, register and the smallest `rest` of the register's hashes. */
export const smallestHashes = (
  sql: Executor,
  scope: RawScope,
  path: PropertyPath,
  starts: Bucketing,
): Fragment =>
  smallestHashesOf(sql, sql`bucket`, sql`(${bucketedValues(sql, scope, path, starts)}) AS each_one`);

/**
 * Rows of other columns, register and the smallest `rest` of the register's hashes.
 * @param columns of the source
 * @param source FROM item with the column `value`, and conditions
 */
export const smallestHashesOf = (sql: Executor, columns: Fragment, source: Fragment): Fragment => sql`
  SELECT ${columns}, hash & ${2 ** REGISTER_BITS - 1}::bigint AS register,
         min(hash >> ${REGISTER_BITS}::int & ${2 ** REST_BITS - 1}::bigint) AS rest
    FROM (SELECT ${columns}, hashtextextended(value, 0) AS hash FROM ${source}) AS hashes
   GROUP BY ${columns}, register`;

/** A register's value, from its smallest `rest`: the number of leading zeros plus one. */
export const rankOf = (sql: Executor): Fragment =>
  sql`coalesce(nullif(position(B'1' IN rest::bit(50)), 0), 51)`;

/**
 * HyperLogLog sketches of a property's values, one for the entire range and one for each bucket, as counts of equal
 * registers: at most 51 rows for each sketch. The smallest hash of a register has its most leading zeros, so the scan keeps
 * only that hash: one group for each bucket and register, however many values there are.
 * @param starts as for `distinctValues`
 */
export async function sketchDistinct(
  sql: Executor,
  scope: RawScope,
  path: PropertyPath,
  starts: Bucketing,
): Promise<RegisterCount[]> {
  const ofAll =
    starts === null ? sql`` : sql`UNION ALL SELECT NULL, register, min(rest) FROM parts GROUP BY register`;
  return sql<RegisterCount[]>`
    WITH parts AS (${smallestHashes(sql, scope, path, starts)}), registers AS (SELECT bucket, register, rest FROM parts ${ofAll})
    SELECT bucket, rank, count(*)::int AS count
      FROM (SELECT bucket, ${rankOf(sql)} AS rank FROM registers) AS ranks
     GROUP BY bucket, rank ORDER BY bucket NULLS FIRST`;
}
