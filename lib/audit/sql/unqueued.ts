import type { Executor, Transaction } from "../../postgres/client.ts";

export interface UnqueuedCount {
  logged: number;
  recovered: number;
  missing: number;
}

/** Counts the audit rows that went to a log, those that have been recovered, and those that have not. */
export async function countUnqueued(sql: Executor): Promise<UnqueuedCount> {
  const [row] = await sql<UnqueuedCount[]>`
    SELECT count(*)::float8 AS logged, count(*) FILTER (WHERE recovered)::float8 AS recovered,
           count(*) FILTER (WHERE NOT recovered)::float8 AS missing
      FROM audit_unqueued`;
  if (!row) throw new Error("The count returned no row.");
  return row;
}

/**
 * Records which audit rows are, or were, in a log only. It is idempotent.
 * @param recovered whether each row has been recovered, by request id; in order of id, so that two writers of the same rows
 * can't deadlock
 */
export async function noteUnqueued(tx: Transaction, recovered: ReadonlyMap<string, boolean>): Promise<void> {
  await tx`
    INSERT INTO audit_unqueued AS known (request_id, recovered)
    SELECT * FROM unnest(${[...recovered.keys()]}::uuid[], ${[...recovered.values()].map(String)}::text[]::bool[])
    ON CONFLICT (request_id) DO UPDATE SET recovered = true
     WHERE excluded.recovered AND NOT known.recovered`;
}
