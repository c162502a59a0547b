import type { Executor } from "../../postgres/client.ts";
import { utc } from "../../postgres/fragments.ts";

/** The sum of a receipt's settled parts; times as UTC text with six fractional digits. */
export interface ReceiptRow {
  client_id: string;
  received_at: string;
  /** When its last part was settled. */
  completed_at: string;
  accepted: number;
  stored: number;
  duplicates: number;
  quarantined: number;
  settled_parts: number;
  /** Messages that ingest sent; the queue may have refused some. */
  parts: number;
}

export async function findReceipt(sql: Executor, receiptId: string): Promise<ReceiptRow | undefined> {
  const rows = await sql<ReceiptRow[]>`
    SELECT client_id, accepted, stored, duplicates, quarantined, settled_parts, parts,
           ${utc(sql, "received_at")} AS received_at, ${utc(sql, "completed_at")} AS completed_at
      FROM (SELECT client_id, min(received_at) AS received_at, max(completed_at) AS completed_at,
                   sum(accepted)::int AS accepted, sum(stored)::int AS stored, sum(duplicates)::int AS duplicates,
                   sum(quarantined)::int AS quarantined, count(*)::int AS settled_parts, max(parts) AS parts
              FROM receipts WHERE receipt_id = ${receiptId} GROUP BY client_id) AS receipt`;
  return rows[0];
}
