import type { Transaction } from "../../postgres/client.ts";

/**
 * Takes an advisory lock until the transaction ends, which may then stay idle for as long as it likes: it holds neither
 * rows nor a snapshot. Of a transaction and not of a session, which a pooler would give to somebody else.
 * @returns false where somebody else has it
 */
export async function tryLock(tx: Transaction, key: number): Promise<boolean> {
  const [row] = await tx<[{ locked: boolean }]>`
    SELECT pg_try_advisory_xact_lock(${key}) AS locked,
           set_config('idle_in_transaction_session_timeout', '0', true)`;
  return row.locked;
}
