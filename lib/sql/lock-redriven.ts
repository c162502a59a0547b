import type { Executor } from "./client.ts";

export interface QuarantinedRow {
  event_key: string;
  received_at: Date;
  receipt_id: string;
  part: number;
}

/**
 * Locks the quarantine rows of events that came through the queue again, in the ledger's order. The mark of a redrive
 * is not asked for: the worker may get a message before the redrive's commit, and must wait for it at the row's lock,
 * which a condition that does not hold yet would pass by.
 */
export async function lockRedriven(
  sql: Executor,
  clientId: string,
  eventKeys: readonly string[],
): Promise<QuarantinedRow[]> {
  return sql<QuarantinedRow[]>`
    SELECT event_key, received_at, receipt_id, part FROM quarantine
     WHERE client_id = ${clientId} AND event_key = ANY (${[...eventKeys]}::uuid[])
     ORDER BY event_key, client_id
       FOR UPDATE`;
}
