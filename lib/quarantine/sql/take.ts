import type { Executor } from "../../postgres/client.ts";
import { andIf, time, utc } from "../../postgres/fragments.ts";

/** A quarantined event to redrive; its time as UTC text with six fractional digits. */
export interface TakenRow {
  client_id: string;
  event_key: string;
  /** The event's line of its message. */
  event: Buffer;
  reason: string;
  quarantined_at: string;
}

export interface RedriveFilter {
  clientId: string | undefined;
  reason: string | undefined;
  eventKeys: readonly string[] | undefined;
  /** Only rows after this one. */
  after: readonly [quarantinedAt: string, eventKey: string, clientId: string] | undefined;
}

/**
 * Locks quarantined events, oldest first, skipping those that are locked or already in the queue. After 10 minutes in
 * the queue an event's message counts as lost; if it is only late, this is harmless, since the row settles the event only
 * once.
 * @param limit most rows
 * @param maxBytes most bytes of events, but at least one row
 */
export async function takeQuarantined(
  sql: Executor,
  { clientId, reason, eventKeys, after }: RedriveFilter,
  limit: number,
  maxBytes: number,
): Promise<TakenRow[]> {
  return sql<TakenRow[]>`
    WITH locked AS MATERIALIZED (
      SELECT client_id, event_key, quarantined_at, event, reason FROM quarantine
       WHERE (redriven_at IS NULL OR redriven_at < now() - interval '10 minutes')
             ${andIf(sql, clientId, (id) => sql`client_id = ${id}`)}
             ${andIf(sql, reason, (name) => sql`reason = ${name}`)}
             ${andIf(sql, eventKeys, (keys) => sql`event_key = ANY (${[...keys]}::uuid[])`)}
             ${andIf(sql, after, ([at, key, id]) => sql`(quarantined_at, event_key, client_id) > (${time(sql, at)}, ${key}::uuid, ${id})`)}
       ORDER BY quarantined_at, event_key, client_id
       LIMIT ${limit}
         FOR UPDATE SKIP LOCKED
    ), page AS (
      SELECT *, sum(octet_length(event)) OVER oldest AS total, row_number() OVER oldest AS place
        FROM locked
      WINDOW oldest AS (ORDER BY quarantined_at, event_key, client_id)
    )
    SELECT client_id, event_key, event, reason, ${utc(sql, "quarantined_at")} AS quarantined_at
      FROM page WHERE place = 1 OR total <= ${maxBytes}
     ORDER BY place`;
}

/** Marks events as sent through the queue again. */
export async function markRedriven(
  sql: Executor,
  rows: readonly { client_id: string; event_key: string }[],
): Promise<void> {
  await sql`
    UPDATE quarantine q SET redriven_at = now()
      FROM unnest(${rows.map((row) => row.event_key)}::uuid[], ${rows.map((row) => row.client_id)}::text[])
           AS chosen(event_key, client_id)
     WHERE q.event_key = chosen.event_key AND q.client_id = chosen.client_id`;
}
