import type { Executor } from "../../postgres/client.ts";

/**
 * Other transactions that hold a lock on the table of erasures, by virtual transaction id. A worker's transaction holds
 * one from when it reads tombstones. So a transaction that may have missed an erasure is listed after the erasure's
 * commit; one that gets its lock later takes its snapshot later, and sees the erasure.
 * https://www.postgresql.org/docs/18/view-pg-locks.html
 */
export async function listErasureReaders(sql: Executor): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    SELECT DISTINCT virtualtransaction AS id FROM pg_locks
     WHERE locktype = 'relation' AND relation = 'erasures'::regclass AND pid <> pg_backend_pid()
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  return new Set(rows.map(({ id }) => id));
}
