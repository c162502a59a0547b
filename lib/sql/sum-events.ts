import type { Segment } from "../range.ts";
import type { Executor } from "./client.ts";
import { type EventScope, eventParts } from "./event-parts.ts";
import type { Fragment } from "./fragments.ts";

export const groupings = ["client", "event_type"] as const;
export type Grouping = (typeof groupings)[number];
export const orders = ["most", "least", "name"] as const;
export type Order = (typeof orders)[number];

export interface Grouped {
  by: readonly Grouping[];
  order: Order;
  /** Groups at the most, the first ones in that order. */
  limit: number;
}

/** Names of a group. */
export interface Group {
  /** Present when grouped by client. */
  client_id?: string;
  /** Present when grouped by event type. */
  event_type?: string;
}

export interface EventSum extends Group {
  count: number;
}

/** How many events a row of either kind stands for. */
const counted = (sql: Executor, also: Fragment): { rollup: Fragment; raw: Fragment } => ({
  rollup: sql`client_id, event_type, count AS n ${also}`,
  raw: sql`client_id, event_type, 1 AS n ${also}`,
});

/** Counts events over segments. @param segments at least one; they do not overlap */
export async function countEvents(
  sql: Executor,
  segments: readonly Segment[],
  scope: EventScope,
): Promise<number> {
  const parts = eventParts(sql, segments, scope, counted(sql, sql``));
  const rows = await sql<
    { count: number }[]
  >`SELECT coalesce(sum(n), 0)::float8 AS count FROM (${parts}) AS parts`;
  return rows[0]?.count ?? 0;
}

/** Counts events by client, type or both; equal counts come by name. @param segments as for `countEvents` */
export async function groupEvents(
  sql: Executor,
  segments: readonly Segment[],
  scope: EventScope,
  { by, order, limit }: Grouped,
): Promise<EventSum[]> {
  const names = namesOf(sql, by);
  const parts = eventParts(sql, segments, scope, counted(sql, sql``));
  return sql<EventSum[]>`
    SELECT ${names}, sum(n)::float8 AS count FROM (${parts}) AS parts
     GROUP BY ${names} ORDER BY ${inOrder(sql, order, sql`count`, names)} LIMIT ${limit}`;
}

const namesOf = (sql: Executor, by: readonly Grouping[]): Fragment =>
  by.length === 2 ? sql`client_id, event_type` : by[0] === "client" ? sql`client_id` : sql`event_type`;

function inOrder(sql: Executor, order: Order, count: Fragment, names: Fragment): Fragment {
  if (order === "name") return names;
  return order === "most" ? sql`${count} DESC, ${names}` : sql`${count}, ${names}`;
}

export interface SeriesRow extends Group {
  /** Position of the bucket, from 0 on. */
  bucket: number;
  count: number;
}

/**
 * Counts events by bucket, and by client, type or both; empty buckets have no row.
 * @param segments as for `countEvents`; none reaches over a bucket's start
 * @param starts of the buckets, in milliseconds, ascending
 * @returns rows by group, in the order of the groups' own totals, then by bucket
 */
export async function countSeries(
  sql: Executor,
  segments: readonly Segment[],
  scope: EventScope,
  starts: readonly number[],
  grouped: Grouped | undefined,
): Promise<SeriesRow[]> {
  // The first bucket's start may lie in a year that PostgreSQL has no text for, and nothing lies before it.
  const thresholds = starts.map((ms, index) => (index === 0 ? "-infinity" : new Date(ms).toISOString()));
  // As an array of times, not of texts: a cast would be done again for each row.
  const place = (at: Fragment): Fragment =>
    sql`, width_bucket(${at}, ${thresholds}::timestamptz[]) - 1 AS bucket`;
  const parts = eventParts(sql, segments, scope, {
    rollup: counted(sql, place(sql`bucket`)).rollup,
    raw: counted(sql, place(sql`event_time`)).raw,
  });
  if (!grouped)
    return sql<SeriesRow[]>`
      SELECT bucket, sum(n)::float8 AS count FROM (${parts}) AS parts GROUP BY bucket ORDER BY bucket`;
  const { by, order, limit } = grouped;
  const names = namesOf(sql, by);
  return sql<SeriesRow[]>`
    WITH cells AS (
      SELECT ${names}, bucket, sum(n)::float8 AS count FROM (${parts}) AS parts GROUP BY ${names}, bucket
    ), ranked AS (
      SELECT ${names}, row_number() OVER (ORDER BY ${inOrder(sql, order, sql`sum(count)`, names)}) AS place
        FROM cells GROUP BY ${names} ORDER BY place LIMIT ${limit}
    )
    SELECT ${names}, bucket, count FROM cells JOIN ranked USING (${names}) ORDER BY place, bucket`;
}
