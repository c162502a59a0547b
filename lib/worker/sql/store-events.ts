import { anyTombstone } from "../../erasure/sql/list-tombstones.ts";
import { oldestByClient } from "../../erasure/tombstones.ts";
import { addToMeters, expectCells, learnMeters } from "../../meters/add.ts";
import type { LiveMeter } from "../../meters/cells.ts";
import { liveMeters } from "../../meters/sql/add-to-meters.ts";
import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";
import { slot } from "../../postgres/slot.ts";
import type { EventRow } from "../../storage/event-row.ts";

/**
 * Stores the events whose ids are new, and adds only those to the rollups: one statement, so that ledger, events and what is
 * counted are always consistent. If there are meters of these events, another statement adds the new ones to them, so call it
 * in a transaction.
 *
 * Rows must not repeat a (client, key). Ids are claimed in the order of the ledger's index, and rollup rows updated in the
 * order of theirs, so concurrent workers may wait for each other but cannot deadlock. Each transaction adds to its own
 * slot. Days that may be packed have rollups of quarters of an hour only.
 *
 * Values that many rows share (client, type, receipt, time of arrival with the trace) are sent once, and each row has their numbers. An
 * id that equals its key is not sent. Arrays are unnested in a SELECT list, row by row; in FROM, each would first be
 * materialized. Together this reduced the server's time for a batch of 1,000 by a sixth, and the client's by a third
 * (docs/decisions/0022). JSON and COPY instead of arrays are no faster (`npm run bench -- --only variants`).
 * @returns positions in `rows` of the new events
 */
export async function storeEvents(sql: Executor, rows: readonly EventRow[]): Promise<number[]> {
  const { positions, metered } = await added(sql, rows, store(sql, rows, sql`false`));
  await metered;
  return positions;
}

/**
 * Like `storeEvents`, unless an erasure may concern the events; one statement for both. It does not await that the events are added
 * to meters.
 * @returns undefined if nothing was stored for that reason
 */
export async function storeEventsUnlessErased(
  sql: Executor,
  rows: readonly EventRow[],
): Promise<Added | undefined> {
  const { withheld, ...result } = await added(
    sql,
    rows,
    store(sql, rows, anyTombstone(sql, oldestByClient(rows))),
  );
  return withheld ? undefined : result;
}

interface Added {
  /** Positions in `rows` of the new events. */
  positions: number[];
  /** Resolves when these are in their meters; to be awaited before the transaction ends. */
  metered: Promise<unknown>;
}

interface Result {
  /** True if the statement stored nothing because of its condition. */
  withheld: boolean;
  /** Number of new events. */
  count: number;
  /** Their positions; null if all are new. */
  fresh: string | null;
  /** Meters of these clients and event types, in the snapshot of the statement; null if there are none. */
  meters: LiveMeter[] | null;
  /** The slot that the events were added to; null if none is new. */
  slot: number | null;
}

/** Begins to add the new events to meters. @param storing the statement that stores them, under way */
async function added(
  sql: Executor,
  rows: readonly EventRow[],
  storing: Promise<Result>,
): Promise<Added & Pick<Result, "withheld">> {
  // It may fail before it is awaited.
  storing.catch(() => {});
  const expected = await expectCells(rows);
  const { withheld, count, fresh, meters, slot: taken } = await storing;
  const isAll = count === rows.length;
  const positions = isAll ? rows.map((_, position) => position) : (fresh?.split(",").map(Number) ?? []);
  learnMeters(meters ?? [], expected);
  if (meters === null || taken === null) return { withheld, positions, metered: Promise.resolve() };
  const stored = isAll ? rows : positions.flatMap((position) => rows[position] ?? []);
  const { sent } = await addToMeters(sql, meters, stored, taken, isAll ? expected : undefined);
  return { withheld, positions, metered: sent };
}

/** @param withhold condition on which nothing is stored */
async function store(sql: Executor, rows: readonly EventRow[], withhold: Fragment): Promise<Result> {
  const clients = numbered(rows.map((row) => row.clientId));
  const types = numbered(rows.map((row) => row.eventType));
  const receipts = numbered(rows.map((row) => row.receiptId));
  // A message has one trace context, so these are no more values than messages.
  const arrivals = numbered(rows.map(({ receivedAt, trace = "" }) => `${receivedAt} ${trace}`));
  const [times, traces] = splitEach(arrivals.values);
  const [result] = await sql<[Result]>`
    WITH lists AS (
      SELECT ${clients.values}::text[] AS clients, ${types.values}::text[] AS types, ${receipts.values}::uuid[] AS receipts
    ), ${liveMeters(sql)}, input AS (
      SELECT position, clients[client] AS client_id, event_key, coalesce(event_id, event_key::text) AS event_id,
             types[type] AS event_type, event_time, arrival, receipts[receipt] AS receipt_id, payload
        FROM lists, (
          SELECT generate_series(0, ${rows.length - 1}::int) AS position,
                 unnest(${clients.numbers}::int[]) AS client,
                 unnest(${rows.map((row) => row.eventKey)}::uuid[]) AS event_key,
                 unnest(${rows.map((row) => (row.eventId === row.eventKey ? null : row.eventId))}::text[]) AS event_id,
                 unnest(${types.numbers}::int[]) AS type,
                 unnest(${rows.map((row) => row.timestamp)}::text[]::timestamptz[]) AS event_time,
                 unnest(${arrivals.numbers}::int[]) AS arrival,
                 unnest(${receipts.numbers}::int[]) AS receipt,
                 unnest(${rows.map((row) => row.payload)}::text[]) AS payload) AS given
    ), claimed AS (
      INSERT INTO event_ledger (event_key, client_id, event_time)
      SELECT event_key, client_id, event_time FROM input WHERE NOT ${withhold}
       ORDER BY event_key, client_id
      ON CONFLICT DO NOTHING
      RETURNING event_key, client_id
    ), arrivals AS (
      SELECT arrival, received_at, now AS processed_at, latency_ms(received_at, now) AS latency_ms,
             decode(trace, 'hex') AS trace_context
        FROM unnest(${times}::text[]::timestamptz[], ${traces}::text[]) WITH ORDINALITY AS t(received_at, trace, arrival),
             (SELECT clock_timestamp() AS now) AS moment
    ), fresh AS MATERIALIZED (
      SELECT position, client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id,
             payload::json AS payload, latency_ms, trace_context
        FROM input JOIN claimed USING (event_key, client_id) JOIN arrivals USING (arrival)
    ), stored AS (
      INSERT INTO events (client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload,
                          trace_context)
      SELECT client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload, trace_context FROM fresh
    ), minutes AS (
      SELECT client_id, event_type, date_trunc('minute', event_time, 'UTC') AS minute, latency_bin(latency_ms) AS bin,
             count(*) AS count, max(latency_ms) AS latency_max_ms
        FROM fresh GROUP BY 1, 2, 3, 4
    ), bins AS (
      SELECT client_id, grain, date_bin(unit, minute, 'epoch') AS bucket, event_type, bin, sum(count)::bigint AS count,
             max(latency_max_ms) AS latency_max_ms
        FROM minutes, (VALUES (1::smallint, interval '1 minute'), (15::smallint, interval '15 minutes'),
                              (60::smallint, interval '1 hour'), (1440::smallint, interval '1 day')) AS g(grain, unit)
       WHERE grain = 15 OR minute >= (SELECT settled FROM packing)
       GROUP BY 1, 2, 3, 4, 5
    ), place AS MATERIALIZED (
      SELECT ${slot(sql)} AS slot
    ), added AS (
      INSERT INTO rollups AS r (client_id, grain, bucket, event_type, slot, count, latency_max_ms, latency_bins, latency_counts)
      SELECT client_id, grain, bucket, event_type, (SELECT slot FROM place), sum(count)::bigint, max(latency_max_ms),
             array_agg(bin ORDER BY bin), array_agg(count ORDER BY bin)
        FROM bins GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
      ON CONFLICT (client_id, grain, bucket, event_type, slot) DO UPDATE SET
        count = r.count + excluded.count,
        latency_max_ms = greatest(r.latency_max_ms, excluded.latency_max_ms),
        (latency_bins, latency_counts) = (
          SELECT bins, counts
            FROM merge_bins(r.latency_bins, r.latency_counts, excluded.latency_bins, excluded.latency_counts))
    )
    SELECT CASE WHEN count(*) < ${rows.length}::int THEN string_agg(position::text, ',') END AS fresh,
           count(*)::int AS count, ${withhold} AS withheld, (SELECT meters FROM live_meters) AS meters,
           CASE WHEN count(*) > 0 THEN (SELECT slot FROM place) END AS slot
      FROM fresh`;
  return result;
}

/** Divides each text at its last space. */
function splitEach(texts: readonly string[]): [before: string[], after: string[]] {
  const before: string[] = [];
  const after: string[] = [];
  for (const text of texts) {
    const at = text.lastIndexOf(" ");
    before.push(text.slice(0, at));
    after.push(text.slice(at + 1));
  }
  return [before, after];
}

/** The distinct values, and for each element the number of its value, from 1, as PostgreSQL indexes arrays. */
function numbered<T>(column: readonly T[]): { values: T[]; numbers: number[] } {
  const known = new Map<T, number>();
  const numbers = column.map((value) => {
    const number = known.get(value) ?? known.size + 1;
    if (number > known.size) known.set(value, number);
    return number;
  });
  return { values: [...known.keys()], numbers };
}
