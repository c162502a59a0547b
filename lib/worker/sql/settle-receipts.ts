import type { Executor } from "../../postgres/client.ts";
import { slot } from "../../postgres/slot.ts";

/** Outcome of one message's events. */
export interface Settlement {
  receiptId: string;
  /** Number of the message within the request, from 0, and how many were sent. */
  part: number;
  parts: number;
  clientId: string;
  /** Milliseconds since the Unix epoch. */
  receivedMs: number;
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
  const clients = [...new Set(settlements.map(({ clientId }) => clientId))];
  const numbers = new Map(clients.map((clientId, position) => [clientId, position + 1]));
  await sql`
    WITH input AS (
      SELECT unnest(${settlements.map((row) => row.receiptId)}::uuid[]) AS receipt_id,
             unnest(${settlements.map((row) => row.part)}::smallint[]) AS part,
             unnest(${settlements.map((row) => row.parts)}::smallint[]) AS parts,
             unnest(${settlements.map((row) => numbers.get(row.clientId) ?? 0)}::int[]) AS client,
             unnest(${settlements.map((row) => row.receivedMs)}::float8[]) AS ms,
             unnest(${settlements.map((row) => row.accepted)}::int[]) AS accepted,
             unnest(${settlements.map((row) => row.stored)}::int[]) AS stored,
             unnest(${settlements.map((row) => row.duplicates)}::int[]) AS duplicates,
             unnest(${settlements.map((row) => row.quarantined)}::int[]) AS quarantined
    ), settled AS (
      INSERT INTO receipts
        (receipt_id, part, parts, client_id, received_at, completed_at, accepted, stored, duplicates, quarantined)
      SELECT receipt_id, part, parts, (${clients}::text[])[client], to_timestamp(ms / 1000), clock_timestamp(),
             accepted, stored, duplicates, quarantined
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
