import type { Executor } from "./client.ts";
import { utc } from "./fragments.ts";

/** A settled receipt; times as UTC text with six fractional digits. */
export interface ReceiptRow {
  client_id: string;
  received_at: string;
  completed_at: string;
  accepted: number;
  stored: number;
  duplicates: number;
  quarantined: number;
}

export async function findReceipt(sql: Executor, receiptId: string): Promise<ReceiptRow | undefined> {
  const rows = await sql<ReceiptRow[]>`
    SELECT client_id, accepted, stored, duplicates, quarantined,
           ${utc(sql, "received_at")} AS received_at, ${utc(sql, "completed_at")} AS completed_at
      FROM receipts
     WHERE receipt_id = ${receiptId}`;
  return rows[0];
}
