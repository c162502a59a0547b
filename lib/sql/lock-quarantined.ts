import type { Transaction } from "./client.ts";
import { time } from "./fragments.ts";

export interface LockedQuarantined {
  event_key: string;
  /** The event's line of its message. */
  event: Buffer;
}

/**
 * Quarantined events of a client by key, locked until the transaction ends.
 * @param received only those received until then, RFC 3339
 * @param after null for the first
 */
export async function lockQuarantined(
  tx: Transaction,
  { clientId, received, after }: { clientId: string; received: string; after: string | null },
  limit: number,
): Promise<LockedQuarantined[]> {
  return tx<LockedQuarantined[]>`
    SELECT event_key, event FROM quarantine
     WHERE client_id = ${clientId} AND received_at <= ${time(tx, received)}
       AND (${after}::uuid IS NULL OR event_key > ${after}::uuid)
     ORDER BY event_key LIMIT ${limit}
       FOR UPDATE`;
}
