import type { Executor } from "./client.ts";

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
