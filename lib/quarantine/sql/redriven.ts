import type { Executor } from "../../postgres/client.ts";
import { slot } from "../../postgres/slot.ts";

/** Outcome of a redriven event. */
export interface Redriven {
  eventKey: string;
  outcome: "stored" | "duplicate" | "refused";
  reason?: string;
  detail?: string;
}

/**
 * Deletes settled events from quarantine and moves their count, in their receipts and in the client's totals, from
 * quarantined to stored or duplicate. An event that was rejected again stays, with its newest reason.
 */
export async function recordRedriven(
  sql: Executor,
  clientId: string,
  events: readonly Redriven[],
): Promise<void> {
  await sql`
    WITH input AS (
      SELECT * FROM unnest(
        ${events.map((event) => event.eventKey)}::uuid[],
        ${events.map((event) => event.outcome)}::text[],
        ${events.map((event) => event.reason ?? null)}::text[],
        ${events.map((event) => event.detail ?? null)}::text[]
      ) AS t(event_key, outcome, reason, detail)
    ), kept AS (
      UPDATE quarantine q SET redriven_at = NULL, reason = input.reason, detail = input.detail
        FROM input
       WHERE q.client_id = ${clientId} AND q.event_key = input.event_key AND input.outcome = 'refused'
    ), released AS (
      DELETE FROM quarantine q USING input
       WHERE q.client_id = ${clientId} AND q.event_key = input.event_key AND input.outcome <> 'refused'
      RETURNING q.receipt_id, q.part, (input.outcome = 'stored')::int AS stored
    ), moved AS (
      SELECT receipt_id, part, sum(stored)::int AS stored, (count(*) - sum(stored))::int AS duplicates
        FROM released GROUP BY receipt_id, part
    ), receipt AS (
      UPDATE receipts r SET stored = r.stored + moved.stored, duplicates = r.duplicates + moved.duplicates,
                            quarantined = r.quarantined - moved.stored - moved.duplicates
        FROM moved WHERE r.receipt_id = moved.receipt_id AND r.part = moved.part
    )
    INSERT INTO pipeline_totals AS t (client_id, slot, stored, duplicates, quarantined)
    SELECT ${clientId}, ${slot(sql)}, sum(stored), sum(duplicates), -sum(stored + duplicates)
      FROM moved HAVING count(*) > 0
    ON CONFLICT (client_id, slot) DO UPDATE SET
      stored = t.stored + excluded.stored,
      duplicates = t.duplicates + excluded.duplicates,
      quarantined = t.quarantined + excluded.quarantined`;
}

export interface QuarantinedRow {
  event_key: string;
  received_at: Date;
  receipt_id: string;
  part: number;
  /** See `EventRow`; an empty string if the event has no trace context. */
  trace: string;
}

/**
 * Locks the quarantine rows of redriven events, in the ledger's order. It does not filter by `redriven_at`: the worker
 * may receive a message before the redrive commits, and must then wait for the row's lock; a filter that does not match
 * yet would skip the row.
 */
export async function lockRedriven(
  sql: Executor,
  clientId: string,
  eventKeys: readonly string[],
): Promise<QuarantinedRow[]> {
  return sql<QuarantinedRow[]>`
    SELECT event_key, received_at, receipt_id, part, encode(trace_context, 'hex') AS trace FROM quarantine
     WHERE client_id = ${clientId} AND event_key = ANY (${[...eventKeys]}::uuid[])
     ORDER BY event_key, client_id
       FOR UPDATE`;
}
