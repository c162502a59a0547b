import type { Seal } from "../trail/seal.ts";
import type { Executor } from "./client.ts";

/** Seals of a lane that follow each other. */
export interface SealRange {
  lane: number;
  /** Both inclusive. */
  first: number;
  last: number;
}

/** Ranges as the columns of a table `r (lane, first, last)`, for statements to join with. */
export const rangeTable = (sql: Executor, ranges: readonly SealRange[]) => sql`
  unnest(${ranges.map(({ lane }) => lane)}::smallint[], ${ranges.map(({ first }) => first)}::bigint[],
         ${ranges.map(({ last }) => last)}::bigint[]) AS r (lane, first, last)`;

/** Lane by lane, in order of their numbers. Days and times that are none (infinity) come as PostgreSQL prints them. */
export async function listSeals(sql: Executor, ranges: readonly SealRange[]): Promise<Seal[]> {
  // OFFSET 0 keeps the planner from reading all seals and comparing each with the ranges.
  return sql<Seal[]>`
    SELECT 1 AS v, s.lane, s.seal::float8 AS seal, coalesce(to_char(day, 'YYYY-MM-DD'), day::text) AS day, entries,
           total::float8 AS total,
           coalesce(to_char(sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), sealed_at::text) AS sealed_at,
           encode(root, 'hex') AS root, encode(previous, 'hex') AS previous, encode(hash, 'hex') AS hash
      FROM ${rangeTable(sql, ranges)}
           CROSS JOIN LATERAL (SELECT * FROM audit_seals WHERE lane = r.lane AND seal BETWEEN r.first AND r.last OFFSET 0) s
     ORDER BY s.lane, s.seal`;
}
