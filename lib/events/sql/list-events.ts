import type { Instant } from "../../base/time.ts";
import type { Executor } from "../../postgres/client.ts";
import { andIf, type Fragment, time } from "../../postgres/fragments.ts";
import { matches } from "../../query/sql.ts";
import type { Condition } from "../../query/where.ts";
import { type StoredEventRow, storedEventColumns } from "./stored-event.ts";

export interface EventFilter {
  /** Null for all clients. */
  clientId: string | null;
  /** With the ledger's key of it, by which its time is found and so its partition. */
  event?: { id: string; key: string } | undefined;
  eventType: string | undefined;
  /** Inclusive. */
  start: Instant | undefined;
  /** Exclusive. */
  end: Instant | undefined;
  where: readonly Condition[];
  /** Only events that come after this one. */
  after: readonly [time: string, eventId: string, clientId: string] | undefined;
}

/** An event of a list; its payload is null, and was not read, where it lies beyond the list's bytes. */
export type ListedEventRow = Omit<StoredEventRow, "payload"> & { payload: string | null };

/** How long a list may be. */
export interface ListLimits {
  rows: number;
  /** Most bytes of payloads; the first row has its own in any case. */
  bytes: number;
}

/** Rows that are fetched at a time: small ones in few round trips, and not many large ones unpacked for nothing. */
const ROWS_AT_A_TIME = 50;

/**
 * Events newest first, then by id and client downwards, some at a time. Each client's newest are found in the index
 * (client_id, event_time); their merge is cut to the limit again.
 *
 * The statement ends with the loop over it, and keeps a connection as long.
 */
export const streamEvents = (
  sql: Executor,
  { clientId, event, eventType, start, end, where, after }: EventFilter,
  { rows, bytes }: ListLimits,
): AsyncIterable<ListedEventRow[]> =>
  sql<ListedEventRow[]>`
    SELECT ${storedEventColumns(sql, sql`CASE WHEN total <= ${bytes} OR total = bytes THEN e.payload::text END`)}
      FROM (SELECT *, ${payloadBytes(sql)} AS bytes, sum(${payloadBytes(sql)}) OVER newest AS total
              FROM (SELECT e.*
                      FROM clients c CROSS JOIN LATERAL (
                        SELECT * FROM events
                         WHERE client_id = c.client_id AND event_time >= (SELECT horizon FROM retention)
                               ${andIf(sql, event, (one) => isEvent(sql, one))}
                               ${andIf(sql, eventType, (name) => sql`event_type = ${name}`)}
                               ${andIf(sql, start, ({ text }) => sql`event_time >= ${time(sql, text)}`)}
                               ${andIf(sql, end, ({ text }) => sql`event_time < ${time(sql, text)}`)}
                               ${andIf(sql, after, (place) => beyond(sql, place))}
                               AND ${matches(sql, where)}
                         ORDER BY event_time DESC, event_id DESC
                         LIMIT ${rows}) AS e
                     WHERE true ${andIf(sql, clientId ?? undefined, (id) => sql`c.client_id = ${id}`)}
                     ORDER BY e.event_time DESC, e.event_id DESC, e.client_id DESC
                     LIMIT ${rows}) AS merged
            WINDOW newest AS (ORDER BY event_time DESC, event_id DESC, client_id DESC ROWS UNBOUNDED PRECEDING)) AS e
     ORDER BY e.event_time DESC, e.event_id DESC, e.client_id DESC`.cursor(ROWS_AT_A_TIME);

/** Of a payload as text. Only a compressed one must be unpacked for that, so this runs on what the limit has left. */
const payloadBytes = (sql: Executor): Fragment => sql`
  CASE WHEN pg_column_compression(payload) IS NULL THEN pg_column_size(payload)
       ELSE octet_length(payload::text) END`;

const isEvent = (sql: Executor, { id, key }: NonNullable<EventFilter["event"]>) => sql`
  event_time = (SELECT event_time FROM event_ledger WHERE event_key = ${key} AND client_id = c.client_id)
  AND event_id = ${id}`;

/** The plain comparison of the time says nothing new, but leaves partitions out, which that of the row does not. */
const beyond = (sql: Executor, [at, eventId, clientId]: NonNullable<EventFilter["after"]>) => sql`
  event_time <= ${time(sql, at)} AND (event_time, event_id, client_id) < (${time(sql, at)}, ${eventId}, ${clientId})`;
