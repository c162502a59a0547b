import type { Instant } from "../time.ts";
import type { Condition } from "../where.ts";
import type { Executor } from "./client.ts";
import { andIf, time } from "./fragments.ts";
import { type StoredEventRow, storedEventColumns } from "./stored-event.ts";
import { matches } from "./where.ts";

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

/**
 * Newest first, then by id and client downwards. Asked client by client, so that each finds its newest in the index
 * (client_id, event_time) and reads `limit` rows of it; their merge is cut to `limit` again.
 */
const select = (
  sql: Executor,
  { clientId, event, eventType, start, end, where, after }: EventFilter,
  limit: number,
) =>
  sql<StoredEventRow[]>`
    SELECT ${storedEventColumns(sql)}
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
         LIMIT ${limit}) AS e
     WHERE true ${andIf(sql, clientId ?? undefined, (id) => sql`c.client_id = ${id}`)}
     ORDER BY e.event_time DESC, e.event_id DESC, e.client_id DESC
     LIMIT ${limit}`;

/** At most `limit` events, in the order above. */
export const listEvents = async (
  sql: Executor,
  filter: EventFilter,
  limit: number,
): Promise<StoredEventRow[]> => select(sql, filter, limit);

/** Rows that are in memory at a time; an event has up to 1 MiB. */
const ROWS_AT_A_TIME = 25;

/** The same, a few at a time. The statement ends with the loop over it, and keeps a connection as long. */
export const streamEvents = (
  sql: Executor,
  filter: EventFilter,
  limit: number,
): AsyncIterable<StoredEventRow[]> => select(sql, filter, limit).cursor(ROWS_AT_A_TIME);

const isEvent = (sql: Executor, { id, key }: NonNullable<EventFilter["event"]>) => sql`
  event_time = (SELECT event_time FROM event_ledger WHERE event_key = ${key} AND client_id = c.client_id)
  AND event_id = ${id}`;

/** The plain comparison of the time says nothing new, but leaves partitions out, which that of the row does not. */
const beyond = (sql: Executor, [at, eventId, clientId]: NonNullable<EventFilter["after"]>) => sql`
  event_time <= ${time(sql, at)} AND (event_time, event_id, client_id) < (${time(sql, at)}, ${eventId}, ${clientId})`;
