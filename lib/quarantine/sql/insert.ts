import type { Executor } from "../../postgres/client.ts";

/** An event that PostgreSQL rejected, or that ingest has set aside. */
export interface RefusedEvent {
  clientId: string;
  eventKey: string;
  /** The event's line of its message, unchanged. */
  line: string;
  /** SQLSTATE, `unreadable` for a line that could not be parsed, or the code with which ingest has set it aside. */
  reason: string;
  detail: string;
  /** RFC 3339. */
  receivedAt: string;
  receiptId: string;
  /** Number of its message within the request. */
  part: number;
  /** See `EventRow`. */
  trace?: string | undefined;
}

/**
 * Quarantines events. An event whose id is already in quarantine or stored is a duplicate.
 * @returns positions of the new events
 */
export async function insertQuarantine(sql: Executor, events: readonly RefusedEvent[]): Promise<number[]> {
  const rows = await sql<{ position: number }[]>`
    WITH input AS (
      SELECT * FROM unnest(
        ${events.map((_, position) => position)}::int[],
        ${events.map((event) => event.clientId)}::text[],
        ${events.map((event) => event.eventKey)}::uuid[],
        ${events.map((event) => Buffer.from(event.line).toString("hex"))}::text[],
        ${events.map((event) => event.reason)}::text[],
        ${events.map((event) => event.detail)}::text[],
        ${events.map((event) => event.receivedAt)}::text[]::timestamptz[],
        ${events.map((event) => event.receiptId)}::uuid[],
        ${events.map((event) => event.part)}::smallint[],
        ${events.map((event) => event.trace ?? "")}::text[]
      ) AS t(position, client_id, event_key, event, reason, detail, received_at, receipt_id, part, trace)
    ), inserted AS (
      INSERT INTO quarantine (client_id, event_key, event, reason, detail, received_at, receipt_id, part, trace_context)
      SELECT client_id, event_key, decode(event, 'hex'), reason, detail, received_at, receipt_id, part, decode(trace, 'hex')
        FROM input
       WHERE NOT EXISTS (SELECT FROM event_ledger l WHERE l.event_key = input.event_key AND l.client_id = input.client_id)
       ORDER BY event_key, client_id
      ON CONFLICT DO NOTHING
      RETURNING event_key, client_id
    )
    SELECT position FROM input JOIN inserted USING (event_key, client_id)`;
  return rows.map(({ position }) => position);
}
