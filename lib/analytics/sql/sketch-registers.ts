import type { Executor } from "../../postgres/client.ts";
import type { PropertyPath } from "../../query/property.ts";
import { REGISTER_BITS, REST_BITS } from "../hyperloglog.ts";
import { type Bucketing, bucketedValues } from "./distinct-values.ts";
import type { RawScope } from "./raw-events.ts";

/** The registers of a sketch that are not empty. */
export interface Registers {
  /** Index of the bucket; null without buckets. */
  bucket: number | null;
  registers: number[];
  /** Their values, see `RegisterCount`. */
  ranks: number[];
}

/**
 * HyperLogLog sketches as in `sketchDistinct`, with their registers, so that those of several parts can be merged.
 * @param starts as for `distinctValues`; there is no sketch for the entire range beside those of buckets
 */
export const sketchRegisters = (
  sql: Executor,
  scope: RawScope,
  path: PropertyPath,
  starts: Bucketing,
): Promise<Registers[]> => sql<Registers[]>`
  WITH hashes AS (
    SELECT bucket, hashtextextended(value, 0) AS hash
      FROM (${bucketedValues(sql, scope, path, starts)}) AS each_one
  ), registers AS (
    SELECT bucket, hash & ${2 ** REGISTER_BITS - 1}::bigint AS register,
           min(hash >> ${REGISTER_BITS}::int & ${2 ** REST_BITS - 1}::bigint) AS rest
      FROM hashes GROUP BY 1, 2
  )
  SELECT bucket, json_agg(register) AS registers,
         json_agg(coalesce(nullif(position(B'1' IN rest::bit(50)), 0), 51)) AS ranks
    FROM registers GROUP BY bucket`;
