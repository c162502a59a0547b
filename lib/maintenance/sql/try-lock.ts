import type { Transaction } from "../../postgres/client.ts";

/**
 * Takes an advisory lock until the transaction ends. The transaction may stay idle without a time-out: it holds neither
 * row locks nor a snapshot. The lock is not a session's, since a pooler may give the session to another client.
 * @returns false if another transaction has the lock
 */
export async function tryLock(tx: Transaction, key: number): Promise<boolean> {
  const [row] = await tx<[{ locked: boolean }]>`
    SELECT pg_try_advisory_xact_lock(${key}) AS locked,
           set_config('idle_in_transaction_session_timeout', '0', true)`;
  return row.locked;
}
