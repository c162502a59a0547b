import type { Transaction } from "./client.ts";

/** @param name of a partition, made from a date alone, so it needs no quoting */
export async function dropTable(tx: Transaction, name: string): Promise<void> {
  await tx.unsafe(`DROP TABLE ${name}`);
}
