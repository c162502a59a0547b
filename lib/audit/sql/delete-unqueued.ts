import type { Transaction } from "../../postgres/client.ts";

/** Forgets that rows went to a log, unless they have been read back in meanwhile. @returns how many */
export async function deleteUnqueued(tx: Transaction, ids: readonly string[]): Promise<number> {
  const rows = await tx`
    DELETE FROM audit_unqueued WHERE NOT recovered AND request_id = ANY(${[...ids]}::uuid[])`;
  return rows.count;
}
