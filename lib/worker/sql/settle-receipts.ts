import type { Executor } from "../../postgres/client.ts";
import { slot } from "../../postgres/slot.ts";

/** Outcome of one message's events. */
export interface Settlement {
  receiptId: string;
  /** Number of the message within the request, from 0, and how many were sent. */
  part: number;
  parts: number;
  clientId: string;
  /** RFC 3339. */
  receivedAt: string;
  accepted: number;
  stored: number;
  duplicates: number;
  quarantined: number;
}

/**
 * Writes receipts and adds them to the clients' totals. An existing part belongs to an earlier delivery of the message: it
 * is kept, and not counted again.
 * @param isRepeated whether a part may exist. If not, the statement is cheaper
 * @throws a unique violation in `receipts` if a part exists unexpectedly
 */
export async function settleReceipts(
  sql: Executor,
  settlements: readonly Settlement[],
  isRepeated: boolean,
): Promise<void> {
  await sql`
    WITH input AS (
      SELECT * FROM unnest(
        ${settlements.map((row) => row.receiptId)}::uuid[],
        ${settlements.map((row) => row.part)}::smallint[],
        ${settlements.map((row) => row.parts)}::smallint[],
        ${settlements.map((row) => row.clientId)}::text[],
        ${settlements.map((row) => row.receivedAt)}::text[]::timestamptz[],
        ${settlements.map((row) => row.accepted)}::int[],
        ${settlements.map((row) => row.stored)}::int[],
        ${settlements.map((row) => row.duplicates)}::int[],
        ${settlements.map((row) => row.quarantined)}::int[]
      ) AS t(receipt_id, part, parts, client_id, received_at, accepted, stored, duplicates, quarantined)
    ), settled AS (
      INSERT INTO receipts
        (receipt_id, part, parts, client_id, received_at, completed_at, accepted, stored, duplicates, quarantined)
      SELECT receipt_id, part, parts, client_id, received_at, clock_timestamp(), accepted, stored, duplicates, quarantined
        FROM input ORDER BY receipt_id, part
      ${isRepeated ? sql`ON CONFLICT DO NOTHING` : sql``}
      RETURNING client_id, stored, duplicates, quarantined
    )
    INSERT INTO pipeline_totals AS t (client_id, slot, stored, duplicates, quarantined)
    SELECT client_id, ${slot(sql)}, sum(stored), sum(duplicates), sum(quarantined)
      FROM settled GROUP BY client_id ORDER BY client_id
    ON CONFLICT (client_id, slot) DO UPDATE SET
      stored = t.stored + excluded.stored,
      duplicates = t.duplicates + excluded.duplicates,
      quarantined = t.quarantined + excluded.quarantined`;
}
