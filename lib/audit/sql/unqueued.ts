import type { Executor, Transaction } from "../../postgres/client.ts";

export interface UnqueuedCount {
  logged: number;
  recovered: number;
  missing: number;
}

/** How many audit rows went to a log, how many of those have been read back in, and how many have not. */
export async function countUnqueued(sql: Executor): Promise<UnqueuedCount> {
  const [row] = await sql<UnqueuedCount[]>`
    SELECT count(*)::float8 AS logged, count(*) FILTER (WHERE recovered)::float8 AS recovered,
           count(*) FILTER (WHERE NOT recovered)::float8 AS missing
      FROM audit_unqueued`;
  if (!row) throw new Error("A count has no row.");
  return row;
}

/**
 * Notes which audit rows are, or were, in a log only. Saying the same again changes nothing.
 * @param recovered whether each has been read back in, by request id; in order of the ids, so that two that write the same
 * ones don't wait for each other in a ring
 */
export async function noteUnqueued(tx: Transaction, recovered: ReadonlyMap<string, boolean>): Promise<void> {
  await tx`
    INSERT INTO audit_unqueued AS known (request_id, recovered)
    SELECT * FROM unnest(${[...recovered.keys()]}::uuid[], ${[...recovered.values()].map(String)}::text[]::bool[])
    ON CONFLICT (request_id) DO UPDATE SET recovered = true
     WHERE excluded.recovered AND NOT known.recovered`;
}
