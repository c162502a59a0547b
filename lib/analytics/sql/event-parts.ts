import type { Executor } from "../../postgres/client.ts";
import { type Fragment, ofClient, time } from "../../postgres/fragments.ts";
import { matches } from "../../query/sql.ts";
import type { Condition } from "../../query/where.ts";
import type { Segment } from "../range.ts";

export interface EventScope {
  /** Null for all clients. */
  clientId: string | null;
  /** Undefined for all types. */
  eventTypes: readonly string[] | undefined;
  /** Applies to raw rows only. */
  where?: readonly Condition[] | undefined;
}

/** The columns that a statement selects from `rollups`, and the same columns computed from `events`. */
export interface PartColumns {
  rollup: Fragment;
  raw: Fragment;
}

/** Up to this many segments are written out in a statement: the maximum of a range without cuts. */
const MOST_WRITTEN_OUT = 9;

/**
 * Rows that together count each event of the segments once: a `UNION ALL` over the segments. It is one statement, and so
 * one snapshot: all parts see a concurrent commit of the worker, or no part does.
 * @param segments at least one; they do not overlap
 */
export const eventParts = (
  sql: Executor,
  segments: readonly Segment[],
  scope: EventScope,
  columns: PartColumns,
): Fragment => unionOf(sql, segments, (grain, from, to) => rowsOf(sql, grain, scope, columns, [from, to]));

/**
 * A `UNION ALL` over segments.
 *
 * A few segments are written out: with constant bounds the planner estimates well and prunes partitions (2 ms instead of
 * 14 for 65 partitions). Many are passed as a table and joined so that each one is an index lookup (`OFFSET 0` keeps the
 * planner from reading everything and joining afterwards).
 * @param rows selects the rows of a grain between two times, the first inclusive, the second exclusive
 */
export function unionOf<S extends Segment>(
  sql: Executor,
  segments: readonly S[],
  rows: (grain: S["grain"], from: Fragment, to: Fragment) => Fragment,
): Fragment {
  const parts =
    segments.length <= MOST_WRITTEN_OUT
      ? segments.map(({ grain, from, to }) => rows(grain, time(sql, from), time(sql, to)))
      : [...Map.groupBy(segments, ({ grain }) => grain)].map(
          ([grain, ranges]) => sql`
            SELECT part.* FROM unnest(${ranges.map(({ from }) => from)}::timestamptz[],
                                      ${ranges.map(({ to }) => to)}::timestamptz[]) AS s(start, finish)
             CROSS JOIN LATERAL (${rows(grain, sql`s.start`, sql`s.finish`)} OFFSET 0) AS part`,
        );
  return parts.reduce((all, part) => sql`${all} UNION ALL ${part}`);
}

function rowsOf(
  sql: Executor,
  grain: Segment["grain"],
  { clientId, eventTypes, where = [] }: EventScope,
  { raw, rollup }: PartColumns,
  [from, to]: readonly [Fragment, Fragment],
): Fragment {
  const client = ofClient(sql, "client_id", clientId);
  const type = eventTypes === undefined ? sql`` : sql`AND event_type = ANY(${[...eventTypes]}::text[])`;
  if (grain === "raw")
    return sql`
      SELECT ${raw} FROM events
       WHERE ${client} ${type} AND event_time >= ${from} AND event_time < ${to} AND ${matches(sql, where)}`;
  return sql`
    SELECT ${rollup} FROM rollups
     WHERE ${client} ${type} AND grain = ${grain} AND bucket >= ${from} AND bucket < ${to}`;
}
