import type { Transaction } from "./client.ts";

/** The partition is gone; its place in the list goes too. */
export async function forgetPartition(tx: Transaction, name: string): Promise<void> {
  await tx`DELETE FROM expired_partitions WHERE name = ${name}`;
}
