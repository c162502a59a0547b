import type { Transaction } from "../../postgres/client.ts";

/** Deletes the ids of rows that went to a log, unless they have been recovered in the meantime. @returns number deleted */
export async function deleteUnqueued(tx: Transaction, ids: readonly string[]): Promise<number> {
  const rows = await tx`
    DELETE FROM audit_unqueued WHERE NOT recovered AND request_id = ANY(${[...ids]}::uuid[])`;
  return rows.count;
}
