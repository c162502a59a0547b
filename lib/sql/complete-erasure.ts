import type { Transaction } from "./client.ts";

/**
 * Ends an erasure and forgets its value, unless there are events that it could not look at: those of detached
 * partitions, which are about to go.
 * @returns whether it is complete
 */
export async function completeErasure(tx: Transaction, erasureId: string): Promise<boolean> {
  const rows = await tx`
    UPDATE erasures SET value = NULL, completed_at = clock_timestamp()
     WHERE erasure_id = ${erasureId} AND NOT EXISTS (SELECT FROM expired_partitions)`;
  return rows.count === 1;
}
