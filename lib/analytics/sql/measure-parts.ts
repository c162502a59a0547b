import type { Executor } from "../../postgres/client.ts";
import { type Fragment, ofClient, time } from "../../postgres/fragments.ts";
import type { PropertyPath } from "../../query/property.ts";
import { matches, propertyText } from "../../query/sql.ts";
import type { Segment } from "../range.ts";
import { bucketIndex } from "./bucket-index.ts";
import type { EventScope } from "./event-parts.ts";
import { type Measure, stateOf } from "./measure-events.ts";
import type { Grouping } from "./sum-events.ts";

/**
 * The rows that `measureEvents` reads, for a property that no meter keeps: one for each event of the segments.
 * @param segments raw ones, at least one
 * @param by the names of a group, in this order
 * @param starts starts of the buckets, in milliseconds, ascending; empty for one bucket
 */
export function rawParts(
  sql: Executor,
  segments: readonly Segment[],
  { clientId, eventTypes, where = [] }: EventScope,
  { path, measure, by, starts }: RawQuestion,
): Fragment {
  const type = eventTypes === undefined ? sql`` : sql`AND event_type = ANY(${[...eventTypes]}::text[])`;
  const found = segments
    .map(
      ({ from, to }) => sql`
        SELECT client_id, event_type, event_time, event_id, ${propertyText(sql, path)} AS value FROM events
         WHERE ${ofClient(sql, "client_id", clientId)} ${type} AND event_time >= ${time(sql, from)}
           AND event_time < ${time(sql, to)} AND ${matches(sql, where)}`,
    )
    .reduce((all, part) => sql`${all} UNION ALL ${part}`);
  // OFFSET 0 keeps the planner from computing a property's text and its number several times for each event.
  return sql`
    SELECT ${namesOf(sql, by)} AS names, ${placeOf(sql, sql`event_time`, starts)} AS bucket, 1 AS n,
           (number IS NOT NULL)::int AS numbers, (value IS NOT NULL AND number IS NULL)::int AS not_numbers,
           ${stateOf(sql, measure)} AS state
      FROM (SELECT *, measured_number(value) AS number FROM (${found} OFFSET 0) AS found OFFSET 0) AS measured`;
}

export interface RawQuestion {
  path: PropertyPath;
  measure: Measure;
  by: readonly Grouping[];
  starts: readonly number[];
}

function namesOf(sql: Executor, by: readonly Grouping[]): Fragment {
  if (by.length === 2) return sql`ARRAY[client_id, event_type]`;
  if (by.length === 0) return sql`'{}'::text[]`;
  return by[0] === "client" ? sql`ARRAY[client_id]` : sql`ARRAY[event_type]`;
}

/** The index of the bucket that holds a time. @param starts as for `rawParts` */
export const placeOf = (sql: Executor, at: Fragment, starts: readonly number[]): Fragment =>
  starts.length === 0 ? sql`0` : bucketIndex(sql, at, starts);
