import type { Executor } from "./client.ts";

export interface QuarantinedRow {
  event_key: string;
  received_at: Date;
  receipt_id: string;
}

/** Locks the quarantine rows of events that are on their way through the queue again, in the ledger's order. */
export async function lockRedriven(
  sql: Executor,
  clientId: string,
  eventKeys: readonly string[],
): Promise<QuarantinedRow[]> {
  return sql<QuarantinedRow[]>`
    SELECT event_key, received_at, receipt_id FROM quarantine
     WHERE client_id = ${clientId} AND event_key = ANY (${[...eventKeys]}::uuid[]) AND redriven_at IS NOT NULL
     ORDER BY event_key, client_id
       FOR UPDATE`;
}
