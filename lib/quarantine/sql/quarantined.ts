import type { Executor } from "../../postgres/client.ts";
import { andIf, time, utc } from "../../postgres/fragments.ts";

/** A quarantined event; its times as UTC text with six fractional digits. */
export interface QuarantinedRow {
  client_id: string;
  event_key: string;
  /** The event's line of its message. */
  event: Buffer;
  reason: string;
  detail: string;
  received_at: string;
  quarantined_at: string;
  receipt_id: string;
}

export interface QuarantineFilter {
  clientId: string | undefined;
  reason: string | undefined;
  /** Only rows after this one. */
  after: readonly [quarantinedAt: string, eventKey: string, clientId: string] | undefined;
}

/**
 * Newest first, then by key and client descending. A page of large events ends before its limit, so that it fits into a
 * response and into memory; it has at least one event.
 * @param maxBytes most bytes of events in a page
 * @returns the rows, and whether there are more after them
 */
export async function listQuarantined(
  sql: Executor,
  { clientId, reason, after }: QuarantineFilter,
  limit: number,
  maxBytes: number,
): Promise<{ rows: QuarantinedRow[]; more: boolean }> {
  const found = await sql<(QuarantinedRow & { place: number; found: number })[]>`
    WITH candidates AS (
      SELECT client_id, event_key, quarantined_at, octet_length(event) AS bytes FROM quarantine
       WHERE true ${andIf(sql, clientId, (id) => sql`client_id = ${id}`)}
             ${andIf(sql, reason, (name) => sql`reason = ${name}`)}
             ${andIf(sql, after, ([at, key, id]) => sql`(quarantined_at, event_key, client_id) < (${time(sql, at)}, ${key}::uuid, ${id})`)}
       ORDER BY quarantined_at DESC, event_key DESC, client_id DESC
       LIMIT ${limit + 1}
    ), page AS (
      SELECT *, sum(bytes) OVER newest AS total, (row_number() OVER newest)::int AS place
        FROM candidates
      WINDOW newest AS (ORDER BY quarantined_at DESC, event_key DESC, client_id DESC)
    )
    SELECT client_id, event_key, q.event, q.reason, q.detail, ${utc(sql, "q.received_at")} AS received_at,
           ${utc(sql, "q.quarantined_at")} AS quarantined_at, q.receipt_id,
           (SELECT count(*)::int FROM candidates) AS found
      FROM page JOIN quarantine q USING (client_id, event_key)
     WHERE place = 1 OR (place <= ${limit} AND total <= ${maxBytes})
     ORDER BY place`;
  const rows = found.map(({ found: _, ...row }) => row);
  return { rows, more: (found[0]?.found ?? 0) > rows.length };
}

/** Counts quarantined events per reason, highest count first. @param clientId undefined for all clients */
export async function countQuarantined(
  sql: Executor,
  clientId: string | undefined,
): Promise<{ reason: string; count: number }[]> {
  return sql<{ reason: string; count: number }[]>`
    SELECT reason, count(*)::int AS count FROM quarantine
     WHERE true ${andIf(sql, clientId, (id) => sql`client_id = ${id}`)}
     GROUP BY reason ORDER BY count DESC, reason`;
}

export interface QuarantinedEvent {
  client_id: string;
  /** The event's line of its message, in UTF-8. */
  event: Buffer;
  reason: string;
  /** UTC text with six fractional digits. */
  received_at: string;
  receipt_id: string;
  /** See `EventRow`; an empty string if the event has no trace context. */
  trace: string;
}

/**
 * Quarantined events with an id, most recently received first.
 * @param eventKey the ledger's key of the id
 * @param clientId null for any client
 */
export async function findQuarantined(
  sql: Executor,
  eventKey: string,
  clientId: string | null,
): Promise<QuarantinedEvent[]> {
  return sql<QuarantinedEvent[]>`
    SELECT q.client_id, q.event, q.reason, q.receipt_id, encode(q.trace_context, 'hex') AS trace, ${utc(sql, "q.received_at")} AS received_at
      FROM quarantine q
     WHERE q.event_key = ${eventKey} ${andIf(sql, clientId ?? undefined, (id) => sql`q.client_id = ${id}`)}
     ORDER BY q.received_at DESC, q.client_id DESC`;
}
