import type { Segment } from "../range.ts";
import type { Executor } from "./client.ts";
import { andIf, type Fragment, ofClient, time } from "./fragments.ts";

export type Grouping = "client" | "event_type";

export interface EventScope {
  /** Null for all clients. */
  clientId: string | null;
  eventType: string | undefined;
}

export interface EventSum {
  /** Present when grouped by client. */
  client_id?: string;
  /** Present when grouped by event type. */
  event_type?: string;
  count: number;
}

/**
 * Counts events over segments that do not overlap, most first, then by name. One statement and so one snapshot: what the
 * worker commits meanwhile is in all of its parts or in none. Each segment stands for itself, since with the segments in
 * a table the planner could neither use the bounds for the index nor leave partitions out.
 * @param segments at least one
 * @param by nothing for one sum over all
 */
export async function sumEvents(
  sql: Executor,
  segments: readonly Segment[],
  scope: EventScope,
  by: readonly Grouping[],
): Promise<EventSum[]> {
  const parts = segments.map((segment, index) => {
    const rows = rowsOf(sql, segment, scope);
    return index === 0 ? rows : sql`UNION ALL ${rows}`;
  });
  const client = by.includes("client") ? sql`client_id,` : sql``;
  const type = by.includes("event_type") ? sql`event_type,` : sql``;
  const columns = by.length === 2 ? sql`1, 2` : sql`1`;
  const order = by.length === 0 ? sql`` : sql`GROUP BY ${columns} ORDER BY count DESC, ${columns}`;
  return sql<EventSum[]>`
    SELECT ${client} ${type} coalesce(sum(n), 0)::float8 AS count
      FROM (${parts}) AS parts ${order}`;
}

function rowsOf(sql: Executor, { grain, from, to }: Segment, scope: EventScope): Fragment {
  const client = ofClient(sql, "client_id", scope.clientId);
  const type = andIf(sql, scope.eventType, (name) => sql`event_type = ${name}`);
  if (grain === "raw")
    return sql`
      SELECT client_id, event_type, 1 AS n FROM events
       WHERE ${client} ${type} AND event_time >= ${time(sql, from)} AND event_time < ${time(sql, to)}`;
  return sql`
      SELECT client_id, event_type, count AS n FROM event_rollups
       WHERE ${client} ${type} AND grain = ${grain} AND bucket >= ${time(sql, from)} AND bucket < ${time(sql, to)}`;
}
