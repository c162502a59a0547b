import type { Transaction } from "../../postgres/client.ts";
import { time } from "../../postgres/fragments.ts";

/** Overwrites quarantined events, and their `detail`, which may be an error of PostgreSQL that quotes them. */
export async function eraseQuarantined(
  tx: Transaction,
  clientId: string,
  events: readonly { eventKey: string; line: string }[],
): Promise<void> {
  await tx`
    UPDATE quarantine q SET event = convert_to(erased.line, 'UTF8'), detail = 'erased'
      FROM unnest(${events.map(({ eventKey }) => eventKey)}::uuid[], ${events.map(({ line }) => line)}::text[])
           AS erased(event_key, line)
     WHERE q.client_id = ${clientId} AND q.event_key = erased.event_key`;
}

export interface LockedQuarantined {
  event_key: string;
  /** The event's line in its message. */
  event: Buffer;
}

/**
 * A client's quarantined events by key, locked until the transaction ends.
 * @param received only events received up to this time, RFC 3339
 * @param after key of the last event seen; null to begin
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
