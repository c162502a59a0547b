import type { Executor } from "./client.ts";

/** Counting stops here: that there are rows is what matters, and the answer has to be cheap. */
const MAX_COUNTED = 10_000;

/** Names of the partitions of `events`, and how many rows lie in a DEFAULT partition, of whichever table. */
export async function readPartitionState(
  sql: Executor,
): Promise<{ names: ReadonlySet<string>; defaultRows: number }> {
  const [row] = await sql<[{ names: string[]; default_rows: number }]>`
    SELECT (SELECT array_agg(c.relname::text) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = 'events'::regclass) AS names,
           (SELECT count(*)::int FROM (
              (SELECT FROM events_default LIMIT ${MAX_COUNTED})
              UNION ALL (SELECT FROM audit_log_default LIMIT ${MAX_COUNTED})
              UNION ALL (SELECT FROM audit_personal_default LIMIT ${MAX_COUNTED})) AS found) AS default_rows`;
  return { names: new Set(row.names), defaultRows: row.default_rows };
}
