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
  /** Of raw rows only. */
  where?: readonly Condition[] | undefined;
}

/** What a statement takes from a row of `rollups` and, the same columns, from a row of `events`. */
export interface PartColumns {
  rollup: Fragment;
  raw: Fragment;
}

/** Up to so many segments stand in a statement each for itself: as many as a range without cuts has. */
const MOST_WRITTEN_OUT = 9;

/**
 * Rows that together stand for each event of the segments once: `UNION ALL` over them. One statement and so one
 * snapshot: what the worker commits meanwhile is in all of its parts or in none.
 *
 * Few segments stand each for itself: with its bounds as constants the planner estimates well and leaves partitions out
 * (14 ms against 2 for 65 partitions). Many come as a table, joined so that each is a look into the index (`OFFSET 0` keeps
 * the planner from reading all and joining afterwards).
 * @param segments at least one; they do not overlap
 */
export function eventParts(
  sql: Executor,
  segments: readonly Segment[],
  scope: EventScope,
  columns: PartColumns,
): Fragment {
  const parts =
    segments.length <= MOST_WRITTEN_OUT
      ? segments.map(({ grain, from, to }) =>
          rowsOf(sql, grain, scope, columns, [time(sql, from), time(sql, to)]),
        )
      : [...Map.groupBy(segments, ({ grain }) => grain)].map(([grain, ranges]) => {
          const rows = rowsOf(sql, grain, scope, columns, [sql`s.start`, sql`s.finish`]);
          return sql`
            SELECT part.* FROM unnest(${ranges.map(({ from }) => from)}::timestamptz[],
                                      ${ranges.map(({ to }) => to)}::timestamptz[]) AS s(start, finish)
             CROSS JOIN LATERAL (${rows} OFFSET 0) AS part`;
        });
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
