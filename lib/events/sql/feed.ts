/** Reads the change feed: the rows that the trigger `add_to_feed` writes, and the events that they name. */
import type { Executor } from "../../postgres/client.ts";
import { andIf, type Fragment, keyOf } from "../../postgres/fragments.ts";
import { matches } from "../../query/sql.ts";
import type { Condition } from "../../query/where.ts";
import { payloadBytes } from "./payload-bytes.ts";
import { type StoredEventRow, storedEventColumns } from "./stored-event.ts";

/** A place in the feed: that of an event, or one that no event has. */
export interface FeedPlace {
  /** Of the statement that stored the event; a bigint. */
  position: string;
  clientId: string;
  /** Number of the event among those of its client at the position, from 1. */
  number: number;
}

export interface FeedFilter {
  /** Null for all clients. */
  clientId: string | null;
  eventType: string | undefined;
  where: readonly Condition[];
}

export interface FeedState {
  /** Identifies the history of the database in which positions are valid. */
  history: string;
  /** The last position that was given out, and may not be visible yet. */
  given: string;
  /** The last position up to which the feed is complete for statements after this one; null if nothing comes after the place. */
  end: string | null;
}

/**
 * Looks whether the feed has something after a place: one descent of an index, so that it can be repeated while a reader
 * waits. `feed_end`, which reads the server's table of locks, runs only if it has.
 */
export async function readFeedState(
  sql: Executor,
  clientId: string | null,
  after: FeedPlace,
): Promise<FeedState> {
  const [state] = await sql<[FeedState]>`
    SELECT history, given::text,
           CASE WHEN EXISTS (SELECT FROM feed f WHERE ${fromPlace(sql, clientId, after)}
                                AND ${beyond(sql, after, sql`f.skipped + f.count`)})
                THEN feed_end()::text END AS end
      FROM feed_state()`;
  return state;
}

/**
 * The history, and the last position up to which the feed is complete. Of a row, and not the number of the sequence: after a
 * crash, numbers of transactions that never committed may be given out again.
 */
export async function readLatest(sql: Executor): Promise<{ history: string; position: string }> {
  const [latest] = await sql<[{ history: string; position: string }]>`
    SELECT history, (SELECT coalesce(max(position), 0)::text FROM feed WHERE position <= (SELECT feed_end())) AS position
      FROM feed_state()`;
  return latest;
}

/** An event of the feed; its payload is null, and was not read, if it is beyond the byte limit. */
export type FeedEventRow = Omit<StoredEventRow, "payload"> & {
  payload: string | null;
  position: string;
  number: number;
};

export interface FeedLimits {
  /** Maximum number of events. */
  events: number;
  /** Maximum number of the feed's entries that are compared with the filter. */
  entries: number;
  /** Maximum bytes of payloads; the first event has its payload in any case. */
  bytes: number;
}

/** What one statement has read. */
export interface FeedPart {
  events: FeedEventRow[];
  /** Number of entries, with those whose events are hidden or do not match. */
  entries: number;
  /** Place of the last entry; undefined if there are none. */
  last: FeedPlace | undefined;
}

/**
 * Reads what follows a place.
 *
 * The entries' events are found by client and time, which have an index, once for each time: many events may have the
 * same. Only then their keys are compared. `IN … IS TRUE` is a look-up in a hash table, and a FULL JOIN is never a nested
 * loop; the planner, which can't know how many entries and events there are, would compare each with each.
 * @param end from a statement before this one: see `FeedState.end`
 */
export async function readFeed(
  sql: Executor,
  { clientId, eventType, where }: FeedFilter,
  { after, end }: { after: FeedPlace; end: string },
  limits: FeedLimits,
): Promise<FeedPart> {
  const rows = await sql<(FeedEventRow & Scanned)[]>`
    WITH entries AS MATERIALIZED (
      SELECT f.position, f.client_id, f.skipped + u.n::int AS number, u.event_key, u.event_time
        FROM feed f CROSS JOIN LATERAL unnest(f.event_keys, f.event_times) WITH ORDINALITY AS u(event_key, event_time, n)
       WHERE f.position <= ${end}::bigint AND ${fromPlace(sql, clientId, after)}
             AND ${beyond(sql, after, sql`f.skipped + f.count`)} AND ${beyond(sql, after, sql`f.skipped + u.n`)}
       ORDER BY f.position, f.client_id, f.skipped, u.n
       LIMIT ${limits.entries}
    ), last AS (
      SELECT position, client_id, number FROM entries ORDER BY position DESC, client_id DESC, number DESC LIMIT 1
    ), found AS (
      SELECT e.*
        FROM (SELECT DISTINCT client_id, event_time FROM entries) AS times CROSS JOIN LATERAL (
          SELECT *, ${keyOf(sql, "event_id")} AS event_key FROM events
           WHERE client_id = times.client_id AND event_time = times.event_time
                 AND event_time >= (SELECT horizon FROM retention)
                 ${andIf(sql, eventType, (name) => sql`event_type = ${name}`)} AND ${matches(sql, where)}) AS e
       WHERE (event_key IN (SELECT event_key FROM entries)) IS TRUE
    ), joined AS MATERIALIZED (
      SELECT * FROM entries FULL JOIN found USING (client_id, event_time, event_key)
    ), page AS (
      SELECT * FROM joined WHERE position IS NOT NULL AND event_id IS NOT NULL
       ORDER BY position, client_id, number
       LIMIT ${limits.events}
    ), sized AS (
      SELECT *, ${payloadBytes(sql)} AS bytes, sum(${payloadBytes(sql)}) OVER places AS total
        FROM page WINDOW places AS (ORDER BY position, client_id, number ROWS UNBOUNDED PRECEDING)
    )
    SELECT ${storedEventColumns(sql, sql`CASE WHEN total <= ${limits.bytes} OR total = bytes THEN e.payload::text END`)},
           e.position::text, e.number, (SELECT count(*)::int FROM entries) AS entries, e.event_id IS NOT NULL AS found,
           last.position::text AS last_position, last.client_id AS last_client, last.number AS last_number
      FROM last LEFT JOIN sized e ON true
     ORDER BY e.position, e.client_id, e.number`;
  const [first] = rows;
  if (first === undefined) return { events: [], entries: 0, last: undefined };
  const { last_position: position, last_client, last_number } = first;
  return {
    events: rows.filter(({ found }) => found),
    entries: first.entries,
    last: { position, clientId: last_client, number: last_number },
  };
}

/** In each row of the statement; its only row has no event if nothing was found. */
interface Scanned {
  found: boolean;
  entries: number;
  last_position: string;
  last_client: string;
  last_number: number;
}

/** Rows from a place on, as the indexes of `feed` find them; the row that contains the place may be among them. */
const fromPlace = (
  sql: Executor,
  clientId: string | null,
  { position, clientId: at }: FeedPlace,
): Fragment =>
  clientId === null
    ? sql`(f.position, f.client_id) >= (${position}::bigint, ${at})`
    : sql`f.client_id = ${clientId} AND (f.client_id, f.position) >= (${clientId}, ${position}::bigint)`;

/** @param number of an entry at the row's position */
const beyond = (sql: Executor, { position, clientId, number }: FeedPlace, of: Fragment): Fragment =>
  sql`(f.position, f.client_id, ${of}) > (${position}::bigint, ${clientId}, ${number}::int)`;
