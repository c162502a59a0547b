import type { Instant } from "../../base/time.ts";
import type { Executor } from "../../postgres/client.ts";
import { andIf, time } from "../../postgres/fragments.ts";
import { matches } from "../../query/sql.ts";
import type { Condition } from "../../query/where.ts";
import { payloadBytes } from "./payload-bytes.ts";
import { type StoredEventRow, storedEventColumns } from "./stored-event.ts";

export interface EventFilter {
  /** Null for all clients. */
  clientId: string | null;
  /** An event's id and its key in the ledger, which has its time and so its partition. */
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

/** An event of a list; its payload is null, and was not read, if it is beyond the list's byte limit. */
export type ListedEventRow = Omit<StoredEventRow, "payload"> & { payload: string | null };

/** The limits of a list. */
export interface ListLimits {
  rows: number;
  /** Maximum bytes of payloads; the first row has its payload in any case. */
  bytes: number;
}

/** Rows per fetch: few round trips for small rows, and few large rows decompressed in vain. */
const ROWS_AT_A_TIME = 50;

/**
 * Events newest first, then by descending id and client, in batches. Each client's newest are found in the index
 * (client_id, event_time); their merge is cut to the limit again.
 *
 * The statement holds a connection until the loop over it ends.
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

const isEvent = (sql: Executor, { id, key }: NonNullable<EventFilter["event"]>) => sql`
  event_time = (SELECT event_time FROM event_ledger WHERE event_key = ${key} AND client_id = c.client_id)
  AND event_id = ${id}`;

/** The comparison of the time alone is redundant, but it prunes partitions, which the row comparison does not. */
const beyond = (sql: Executor, [at, eventId, clientId]: NonNullable<EventFilter["after"]>) => sql`
  event_time <= ${time(sql, at)} AND (event_time, event_id, client_id) < (${time(sql, at)}, ${eventId}, ${clientId})`;
