import type { Executor, Transaction } from "../../postgres/client.ts";
import { type Fragment, time } from "../../postgres/fragments.ts";
import type { Place } from "./files.ts";

/** Events from `from`, inclusive, up to `end`, exclusive. */
export interface Stretch {
  clientId: string;
  from: Place;
  end: Place;
}

/** An event with times in microseconds since the Unix epoch, as text. */
export interface ReadEvent {
  event_id: string;
  event_type: string;
  event_time: string;
  received_at: string;
  processed_at: string;
  receipt_id: string;
  /** Hexadecimal, see `fromStoredTrace`. */
  trace: string | null;
  payload: string;
}

/** Few round trips for small rows, and at most 64 MiB at a time: a payload may have 1 MiB. */
const ROWS_AT_A_TIME = 64;

/** The comparisons of the time alone are redundant, but they prune partitions and bound the index scan. */
const within = (sql: Executor, { clientId, from, end }: Stretch): Fragment => sql`
  client_id = ${clientId} AND event_time >= ${time(sql, from.time)} AND event_time <= ${time(sql, end.time)}
  AND (event_time, event_id) >= (${time(sql, from.time)}, ${from.id})
  AND (event_time, event_id) < (${time(sql, end.time)}, ${end.id})`;

/**
 * Lets the transaction's statements read events in the order of their index, and sort only those of one time. A plan for all
 * rows would sort the rest of the day again for each of its files.
 */
export async function readInOrder(tx: Transaction): Promise<void> {
  await tx`
    SELECT set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true),
           set_config('enable_bitmapscan', 'off', true)`;
}

/** Events by time and id, in batches. @param limit maximum number */
export const streamStretch = (tx: Transaction, stretch: Stretch, limit: number): AsyncIterable<ReadEvent[]> =>
  tx<ReadEvent[]>`${selectStretch(tx, stretch, limit)}`.cursor(ROWS_AT_A_TIME);

/** The statement of `streamStretch`. */
export const selectStretch = (tx: Executor, stretch: Stretch, limit: number): Fragment => tx`
    SELECT event_id, event_type, ${micros(tx, "event_time")} AS event_time, ${micros(tx, "received_at")} AS received_at,
           ${micros(tx, "processed_at")} AS processed_at, receipt_id, encode(trace_context, 'hex') AS trace,
           payload::text AS payload
      FROM events e WHERE ${within(tx, stretch)}
     ORDER BY e.event_time, e.event_id LIMIT ${limit}`;

const micros = (sql: Executor, column: string): Fragment =>
  sql`(extract(epoch FROM ${sql(column)}) * 1000000)::bigint`;

export async function countStretch(sql: Executor, stretch: Stretch): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    SELECT count(*)::float8 AS count FROM events WHERE ${within(sql, stretch)}`;
  return row.count;
}

/** About how many bytes the events take before compression. @param fixed bytes of an event beside its texts */
export async function measureStretch(sql: Executor, stretch: Stretch, fixed: number): Promise<number> {
  const [row] = await sql<[{ bytes: number }]>`
    SELECT coalesce(sum(octet_length(event_id) + octet_length(event_type) + octet_length(payload::text) + ${fixed}::int), 0)::float8
             AS bytes
      FROM events WHERE ${within(sql, stretch)}`;
  return row.bytes;
}
