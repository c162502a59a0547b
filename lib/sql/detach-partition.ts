import type { Transaction } from "./client.ts";

/**
 * Takes a partition out of `events`, and notes that its ledger rows are to be removed. What still comes in for its time
 * goes to DEFAULT. CONCURRENTLY is not to be had where there is a DEFAULT partition.
 * https://www.postgresql.org/docs/18/sql-altertable.html
 * @param name made from a date alone, so it needs no quoting
 */
export async function detachPartition(tx: Transaction, name: string): Promise<void> {
  await tx.unsafe(`ALTER TABLE events DETACH PARTITION ${name}`);
  await tx`INSERT INTO expired_partitions (name) VALUES (${name})`;
}
