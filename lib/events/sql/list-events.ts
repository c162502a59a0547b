import type { Instant } from "../../base/time.ts";
import type { Executor } from "../../postgres/client.ts";
import { andIf, type Fragment, time } from "../../postgres/fragments.ts";
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
  /** Inclusive; at least the horizon. */
  start: Instant;
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
 * Events newest first, then by descending id and client, in batches.
 *
 * The statement holds a connection until the loop over it ends.
 * @param from no event before this time (RFC 3339), if the filter is for all clients: the statement reads all events of all
 * clients that are not before it. See `startOfNewest`
 */
export const streamEvents = (
  sql: Executor,
  filter: EventFilter,
  { rows, bytes }: ListLimits,
  from?: string,
): AsyncIterable<ListedEventRow[]> =>
  sql<ListedEventRow[]>`
    SELECT ${storedEventColumns(sql, sql`CASE WHEN total <= ${bytes} OR total = bytes THEN e.payload::text END`)}
      FROM (SELECT *, ${payloadBytes(sql)} AS bytes, sum(${payloadBytes(sql)}) OVER newest AS total
              FROM (SELECT e.*
                      FROM ${matching(sql, filter, rows, from)} AS e
                     ORDER BY e.event_time DESC, e.event_id DESC, e.client_id DESC
                     LIMIT ${rows}) AS merged
            WINDOW newest AS (ORDER BY event_time DESC, event_id DESC, client_id DESC ROWS UNBOUNDED PRECEDING)) AS e
     ORDER BY e.event_time DESC, e.event_id DESC, e.client_id DESC`.cursor(ROWS_AT_A_TIME);

/** The number of events that match a filter from one time to another, RFC 3339; `to` is exclusive. */
export async function countBetween(
  sql: Executor,
  filter: EventFilter,
  from: string,
  to: string | undefined,
): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    SELECT count(*)::float8 AS count FROM events
     WHERE ${conditions(sql, filter)} ${andIf(sql, filter.after, (place) => beyond(sql, place))}
           AND event_time >= ${time(sql, from)} ${andIf(sql, to, (text) => sql`event_time < ${time(sql, text)}`)}`;
  return row.count;
}

/** The first rows of a list, or more, without an order. */
function matching(sql: Executor, filter: EventFilter, rows: number, from: string | undefined): Fragment {
  const { clientId, event, after } = filter;
  if (clientId === null && event === undefined)
    return sql`(SELECT * FROM events WHERE ${conditions(sql, filter)} ${andIf(sql, after, (place) => beyond(sql, place))}
                       ${andIf(sql, from, (text) => sql`event_time >= ${time(sql, text)}`)})`;
  if (clientId === null)
    return sql`
      (SELECT found.* FROM event_ledger l CROSS JOIN LATERAL (
          SELECT * FROM events WHERE ${conditions(sql, filter)} ${andIf(sql, after, (place) => beyond(sql, place))}
                 AND client_id = l.client_id AND event_time = l.event_time AND event_id = ${event?.id ?? ""}) AS found
        WHERE l.event_key = ${event?.key ?? ""})`;
  const first = (more: Fragment): Fragment => sql`
    (SELECT * FROM events
      WHERE client_id = ${clientId} AND ${conditions(sql, filter)} ${more}
            ${andIf(sql, event, (one) => isEvent(sql, one, clientId))}
      ORDER BY event_time DESC, event_id DESC LIMIT ${rows})`;
  if (after === undefined) return first(sql``);
  // Separately what has the cursor's time: of a comparison of rows, the planner assumes that no two have the same time, so it
  // would read and sort all that have.
  const [at, eventId, id] = after;
  return sql`
    (${first(sql`AND event_time = ${time(sql, at)} AND (event_id, client_id) < (${eventId}, ${id})`)}
     UNION ALL ${first(sql`AND event_time < ${time(sql, at)}`)})`;
}

/** What all lists have in common. */
const conditions = (sql: Executor, { eventType, start, end, where }: EventFilter): Fragment => sql`
  event_time >= ${time(sql, start.text)}
  ${andIf(sql, end, ({ text }) => sql`event_time < ${time(sql, text)}`)}
  ${andIf(sql, eventType, (name) => sql`event_type = ${name}`)}
  AND ${matches(sql, where)}`;

/** One event of a client, by its time in the ledger, which has an index. */
const isEvent = (sql: Executor, { id, key }: NonNullable<EventFilter["event"]>, clientId: string) => sql`
  event_id = ${id}
  AND event_time = (SELECT event_time FROM event_ledger WHERE event_key = ${key} AND client_id = ${clientId})`;

/** The comparison of the time alone is redundant, but it prunes partitions, which the row comparison does not. */
const beyond = (sql: Executor, [at, eventId, clientId]: NonNullable<EventFilter["after"]>) => sql`
  event_time <= ${time(sql, at)} AND (event_time, event_id, client_id) < (${time(sql, at)}, ${eventId}, ${clientId})`;
