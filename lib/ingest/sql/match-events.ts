import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";

/** An event that was sent, to be compared with the first of its id. */
export interface SentEvent {
  eventKey: string;
  eventId: string;
  eventType: string;
  /** RFC 3339. */
  timestamp: string;
  /** Bytes of the payload's JSON text, and of the event's line of its message, in UTF-8. */
  payloadBytes: number;
  lineBytes: number;
}

export interface MatchRow {
  /** Whether the ledger holds the id. */
  stored: boolean;
  /** The stored payload's JSON text; null where type, time or length differ, or nothing is stored. */
  payload: string | null;
  /** Line of the event of that id in quarantine, in UTF-8; null where its length differs and it is not erased, or there is none. */
  line: Buffer | null;
}

/**
 * What is stored or set aside under the ids of a client's events, as far as it may be the same. Texts of the same
 * content have the same length, in whatever order the members of objects are, so that no more bytes come back than were
 * sent, beside erased payloads.
 *
 * Each look-up is a subquery with LIMIT, so that it is one into an index, and into one partition, whatever the planner thinks
 * of the number of rows.
 * @param erased JSON text in the place of payloads that were erased
 * @returns a row for each event, in their order
 */
export async function matchEvents(
  sql: Executor,
  clientId: string,
  events: readonly SentEvent[],
  erased: string,
): Promise<MatchRow[]> {
  const given: Fragment = sql`
    unnest(${events.map((event) => event.eventKey)}::uuid[], ${events.map((event) => event.eventId)}::text[],
           ${events.map((event) => event.eventType)}::text[], ${events.map((event) => event.timestamp)}::text[]::timestamptz[],
           ${events.map((event) => event.payloadBytes)}::int[], ${events.map((event) => event.lineBytes)}::int[])
      WITH ORDINALITY AS g(event_key, event_id, event_type, event_time, payload_bytes, line_bytes, position)`;
  return sql<MatchRow[]>`
    SELECT l.event_time IS NOT NULL AS stored, e.payload, q.line
      FROM ${given}
      LEFT JOIN LATERAL (
        SELECT event_time FROM event_ledger WHERE event_key = g.event_key AND client_id = ${clientId} LIMIT 1
      ) AS l ON true
      LEFT JOIN LATERAL (
        SELECT payload::text AS payload FROM events
         WHERE client_id = ${clientId} AND event_time = l.event_time AND event_time = g.event_time
           AND event_id = g.event_id AND event_type = g.event_type
           AND (octet_length(payload::text) = g.payload_bytes OR payload::text = ${erased})
         LIMIT 1
      ) AS e ON true
      LEFT JOIN LATERAL (
        SELECT event AS line FROM quarantine
         WHERE event_key = g.event_key AND client_id = ${clientId}
           -- Only the tab before the payload is a raw one.
           AND (octet_length(event) = g.line_bytes OR position(convert_to(${`\t${erased}`}, 'UTF8') IN event) > 0)
         LIMIT 1
      ) AS q ON true
     ORDER BY g.position`;
}
