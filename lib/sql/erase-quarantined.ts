import type { Transaction } from "./client.ts";

/** Puts other bytes in the place of quarantined events; PostgreSQL's own words may quote them, so they go too. */
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
