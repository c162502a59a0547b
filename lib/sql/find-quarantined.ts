import type { Executor } from "./client.ts";
import { andIf, utc } from "./fragments.ts";

export interface QuarantinedEvent {
  client_id: string;
  /** The event's line of its message, in UTF-8. */
  event: Buffer;
  reason: string;
  /** UTC text with six fractional digits. */
  received_at: string;
  receipt_id: string;
}

/**
 * Events of an id that were set aside, the last received first.
 * @param eventKey the ledger's key of the id
 * @param clientId null for any client
 */
export async function findQuarantined(
  sql: Executor,
  eventKey: string,
  clientId: string | null,
): Promise<QuarantinedEvent[]> {
  return sql<QuarantinedEvent[]>`
    SELECT q.client_id, q.event, q.reason, q.receipt_id, ${utc(sql, "q.received_at")} AS received_at
      FROM quarantine q
     WHERE q.event_key = ${eventKey} ${andIf(sql, clientId ?? undefined, (id) => sql`q.client_id = ${id}`)}
     ORDER BY q.received_at DESC, q.client_id DESC`;
}
