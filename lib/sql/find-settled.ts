import type { Executor } from "./client.ts";

/** Which of these receipts are there already, so that their messages need no second look. */
export async function findSettled(sql: Executor, receiptIds: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ receipt_id: string }[]>`
    SELECT receipt_id FROM receipts WHERE receipt_id = ANY (${[...receiptIds]}::uuid[])`;
  return new Set(rows.map((row) => row.receipt_id));
}
