import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";

/** A sent event, to be compared with the first event of its id. */
export interface SentEvent {
  eventKey: string;
  eventId: string;
  eventType: string;
  /** RFC 3339; null if it is the time of arrival, which need not be the same. */
  timestamp: string | null;
  /** Bytes of the payload's JSON text, and of the event's line in its message, in UTF-8. */
  payloadBytes: number;
  lineBytes: number;
}

export interface MatchRow {
  /** True if the ledger contains the id. */
  stored: boolean;
  /** The stored payload's JSON text; null if type, time or length differ, or nothing is stored. */
  payload: string | null;
  /** The quarantined event's line, in UTF-8; null if it is not in quarantine, or if its length differs and it is not erased. */
  line: Buffer | null;
}

/**
 * Finds the stored and quarantined events with the ids of a client's events, if they may have the same content. Equal
 * content has the same length in any order of members, so that the result, apart from erased payloads, has no more bytes
 * than were sent.
 *
 * Each look-up is a subquery with LIMIT, so that it is an index look-up in one partition, whatever number of rows the
 * planner estimates.
 * @param erased JSON text that replaces erased payloads
 * @returns a row for each event, in the same order
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
         WHERE client_id = ${clientId} AND event_time = l.event_time AND event_time = coalesce(g.event_time, l.event_time)
           AND event_id = g.event_id AND event_type = g.event_type
           AND (octet_length(payload::text) = g.payload_bytes OR payload::text = ${erased})
         LIMIT 1
      ) AS e ON true
      LEFT JOIN LATERAL (
        SELECT event AS line FROM quarantine
         WHERE event_key = g.event_key AND client_id = ${clientId}
           -- The tab before the payload is the only unescaped one.
           AND (octet_length(event) = g.line_bytes OR position(convert_to(${`\t${erased}`}, 'UTF8') IN event) > 0)
         LIMIT 1
      ) AS q ON true
     ORDER BY g.position`;
}
