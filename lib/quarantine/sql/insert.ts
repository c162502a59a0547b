import type { Executor } from "../../postgres/client.ts";

/** An event that PostgreSQL refused. */
export interface RefusedEvent {
  clientId: string;
  eventKey: string;
  /** The event's line of its message, as it came. */
  line: string;
  /** SQLSTATE, or `unreadable` for a line that could not be taken apart. */
  reason: string;
  detail: string;
  /** RFC 3339. */
  receivedAt: string;
  receiptId: string;
  /** Which of the request's messages it came with. */
  part: number;
}

/**
 * Sets events aside. One whose id is in quarantine already is a duplicate of that.
 * @returns positions of the events that were new
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
        ${events.map((event) => event.part)}::smallint[]
      ) AS t(position, client_id, event_key, event, reason, detail, received_at, receipt_id, part)
    ), inserted AS (
      INSERT INTO quarantine (client_id, event_key, event, reason, detail, received_at, receipt_id, part)
      SELECT client_id, event_key, decode(event, 'hex'), reason, detail, received_at, receipt_id, part
        FROM input ORDER BY event_key, client_id
      ON CONFLICT DO NOTHING
      RETURNING event_key, client_id
    )
    SELECT position FROM input JOIN inserted USING (event_key, client_id)`;
  return rows.map(({ position }) => position);
}
