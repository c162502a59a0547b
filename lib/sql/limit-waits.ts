import { silenceSeconds, type Transaction } from "./client.ts";

/** Until the transaction ends: how long a statement waits for a lock, and how long it runs at the most. */
export async function limitWaits(
  tx: Transaction,
  lockTimeoutMs: number,
  statementTimeoutMs: number,
): Promise<void> {
  tx.silence(silenceSeconds(statementTimeoutMs));
  await tx`
    SELECT set_config('lock_timeout', ${String(lockTimeoutMs)}, true),
           set_config('statement_timeout', ${String(statementTimeoutMs)}, true)`;
}
