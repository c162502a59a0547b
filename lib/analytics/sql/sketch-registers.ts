import type { Executor } from "../../postgres/client.ts";
import type { PropertyPath } from "../../query/property.ts";
import type { Bucketing } from "./distinct-values.ts";
import type { RawScope } from "./raw-events.ts";
import { rankOf, smallestHashes } from "./sketch-distinct.ts";

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
  SELECT bucket, json_agg(register) AS registers, json_agg(${rankOf(sql)}) AS ranks
    FROM (${smallestHashes(sql, scope, path, starts)}) AS registers GROUP BY bucket`;
