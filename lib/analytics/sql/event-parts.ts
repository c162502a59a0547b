import type { Executor } from "../../postgres/client.ts";
import { type Fragment, ofClient, time } from "../../postgres/fragments.ts";
import { matches } from "../../query/sql.ts";
import type { Condition } from "../../query/where.ts";
import type { Segment } from "../range.ts";
import { packedQuarters } from "./packed-quarters.ts";

export interface EventScope {
  /** Null for all clients. */
  clientId: string | null;
  /** Undefined for all types. */
  eventTypes: readonly string[] | undefined;
  /** Applies to raw rows only. */
  where?: readonly Condition[] | undefined;
}

/** The columns that a statement selects from each kind of rows, by the same names. */
export interface PartColumns {
  /** From `rollups`. */
  rollup: Fragment;
  /** From `packed_days`, for full days. */
  day: Fragment;
  /** From `packedQuarters`. */
  quarters: Fragment;
  /** From `events`. */
  raw: Fragment;
}

/** Up to this many segments are written out in a statement: the maximum of a range without cuts. */
const MOST_WRITTEN_OUT = 9;

/**
 * Rows that together count each event of the segments once: a `UNION ALL` over the segments. It is one statement, and so
 * one snapshot: all parts see a concurrent commit of the worker, or no part does.
 * @param segments at least one; they do not overlap, except packed ones with the rollups beside them
 */
export function eventParts(
  sql: Executor,
  segments: readonly Segment[],
  scope: EventScope,
  columns: PartColumns,
): Fragment {
  const days = segments.filter(({ grain }) => grain === "packed quarters");
  const others = segments.filter(({ grain }) => grain !== "packed quarters");
  const parts = [
    ...(others.length > 0
      ? [unionOf(sql, others, (grain, from, to) => rowsOf(sql, grain, scope, columns, [from, to]))]
      : []),
    ...(days.length > 0
      ? [
          sql`SELECT ${columns.quarters} FROM (${packedQuarters(sql, days, ofScope(sql, scope))}) AS quarters_of_days`,
        ]
      : []),
  ];
  return joinAll(sql, parts);
}

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
  return joinAll(sql, parts);
}

const joinAll = (sql: Executor, parts: readonly Fragment[]): Fragment =>
  parts.reduce((all, part) => sql`${all} UNION ALL ${part}`);

function rowsOf(
  sql: Executor,
  grain: Segment["grain"],
  scope: EventScope,
  { raw, rollup, day }: PartColumns,
  [from, to]: readonly [Fragment, Fragment],
): Fragment {
  const ours = ofScope(sql, scope);
  if (grain === "raw")
    return sql`
      SELECT ${raw} FROM events
       WHERE ${ours} AND event_time >= ${from} AND event_time < ${to} AND ${matches(sql, scope.where ?? [])}`;
  if (grain === "packed days")
    return sql`SELECT ${day} FROM packed_days WHERE ${ours} AND day >= ${from} AND day < ${to}`;
  return sql`
    SELECT ${rollup} FROM rollups WHERE ${ours} AND grain = ${grain} AND bucket >= ${from} AND bucket < ${to}`;
}

/** Condition for the rows of a scope's client and types. */
export function ofScope(sql: Executor, { clientId, eventTypes }: EventScope): Fragment {
  const type = eventTypes === undefined ? sql`` : sql`AND event_type = ANY(${[...eventTypes]}::text[])`;
  return sql`${ofClient(sql, "client_id", clientId)} ${type}`;
}
