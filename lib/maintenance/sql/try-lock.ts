import type { Transaction } from "../../postgres/client.ts";

/**
 * Takes an advisory lock until the transaction ends. The transaction may stay idle without a time-out: it holds neither
 * row locks nor a snapshot. The lock is not a session's, since a pooler may give the session to another client.
 *
 * It uses the simple protocol: a portal of the extended protocol stays open until the next statement, and keeps its snapshot.
 * VACUUM would keep all rows that a run deletes, and CREATE INDEX CONCURRENTLY would wait for the run that builds the index.
 * https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 * @param key an integer
 * @returns false if another transaction has the lock
 */
export async function tryLock(tx: Transaction, key: number): Promise<boolean> {
  const [row] = await tx.unsafe<[{ locked: boolean }]>(
    `SELECT pg_try_advisory_xact_lock(${key}) AS locked, set_config('idle_in_transaction_session_timeout', '0', true)`,
  );
  return row.locked;
}
