/** The rows that `measureEvents` reads. */
import { MISSING, meteredRows } from "../../meters/sql/meter-cells.ts";
import type { MeterRow } from "../../meters/sql/meters.ts";
import { packedMeterQuarters } from "../../meters/sql/packed-quarters.ts";
import type { Executor } from "../../postgres/client.ts";
import { type Fragment, ofClient } from "../../postgres/fragments.ts";
import type { PropertyPath } from "../../query/property.ts";
import { matches, type PropertySql, propertyText } from "../../query/sql.ts";
import type { Condition } from "../../query/where.ts";
import type { Segment } from "../range.ts";
import { bucketIndex, inBuckets } from "./bucket-index.ts";
import { type EventScope, unionOf } from "./event-parts.ts";
import { type Measure, rollupStateOf, stateOf } from "./measure-events.ts";

export interface PartsQuestion {
  measure: Measure | undefined;
  /** Columns of the names of a group, or numbers of a meter's dimensions, from 1. */
  by: readonly string[];
  /** Starts of the buckets, in milliseconds, ascending; empty for one bucket. */
  starts: readonly number[];
}

/**
 * One row for each event of the segments, measured by a property that no meter keeps.
 * @param segments raw ones, at least one
 */
export function rawParts(
  sql: Executor,
  segments: readonly Segment[],
  { clientId, eventTypes, where = [] }: EventScope,
  path: PropertyPath,
  { measure, by, starts }: PartsQuestion,
): Fragment {
  const type = eventTypes === undefined ? sql`` : sql`AND event_type = ANY(${[...eventTypes]}::text[])`;
  const found = unionOf(
    sql,
    segments,
    (_, from, to) => sql`
      SELECT client_id, event_type, event_time, event_id, ${propertyText(sql, path)} AS value FROM events
       WHERE ${ofClient(sql, "client_id", clientId)} ${type} AND event_time >= ${from} AND event_time < ${to}
         AND ${matches(sql, where)}`,
  );
  const names = by.map((name) => (name === "client_id" ? sql`client_id` : sql`event_type`));
  // OFFSET 0 keeps the planner from computing a property's text and its number several times for each event.
  const parts = sql`
    SELECT ${arrayOf(sql, names)} AS names, ${placeOf(sql, sql`event_time`, starts)} AS bucket, ${ofEvent(sql, measure)}
      FROM (SELECT *, measured_number(value) AS number FROM (${found} OFFSET 0) AS found OFFSET 0) AS measured`;
  return withPlaces(sql, starts, parts);
}

/** A meter as its rollups are read. */
export type ReadMeter = Pick<MeterRow, "meter_id" | "client_id" | "event_type">;

/**
 * Rows of a meter's rollups and packed days, and of the events at the edges and before what the meter has.
 * @param segments at least one; they do not overlap, except packed ones with the rollups beside them
 * @param where conditions whose paths are numbers of dimensions, from 1
 */
export function meterParts(
  sql: Executor,
  segments: readonly Segment[],
  meter: ReadMeter,
  where: readonly Condition[],
  { measure, by, starts }: PartsQuestion,
): Fragment {
  const names = arrayOf(
    sql,
    by.map((index) => dimension(sql, index)),
  );
  const holds = matches(sql, where, ([index]) => ofDimension(sql, index ?? ""));
  const ofMeter = sql`meter_id = ${meter.meter_id}`;
  const kept = (at: Fragment, source: Fragment): Fragment => sql`
    SELECT ${names} AS names, ${placeOf(sql, at, starts)} AS bucket, count AS n, numbers, not_numbers,
           ${rollupStateOf(sql, measure)} AS state
      FROM ${source} AND ${holds}`;
  const parts = unionOf(sql, segments, (grain, from, to) => {
    const within = (at: Fragment): Fragment => sql`${at} >= ${from} AND ${at} < ${to}`;
    if (grain === "packed days")
      return kept(sql`day`, sql`packed_meter_days WHERE ${ofMeter} AND ${within(sql`day`)}`);
    if (grain === "packed quarters") {
      // However many buckets a packed day has, it is read once: a quarter is in one bucket.
      const days = sql`
        packed_meter_days WHERE ${ofMeter} AND day > ${from} - interval '1 day' AND day < ${to} AND ${holds}`;
      const quarters = sql`(${packedMeterQuarters(sql, days)}) AS packed WHERE ${within(sql`bucket`)}`;
      return kept(sql`bucket`, quarters);
    }
    if (grain !== "raw")
      return kept(
        sql`bucket`,
        sql`meter_rollups WHERE ${ofMeter} AND grain = ${grain} AND ${within(sql`bucket`)}`,
      );
    const source = sql`
      (SELECT event_time, event_id, payload, value_path, path_1, path_2, path_3
         FROM events, (SELECT * FROM meters WHERE meter_id = ${meter.meter_id} OFFSET 0) AS m
        WHERE events.client_id = ${meter.client_id} AND events.event_type = ${meter.event_type}
          AND event_time >= ${from} AND event_time < ${to}) AS of_meter`;
    return sql`
      SELECT ${names} AS names, ${placeOf(sql, sql`event_time`, starts)} AS bucket, ${ofEvent(sql, measure)}
        FROM (${meteredRows(sql, sql`event_time, event_id`, source)} OFFSET 0) AS metered
       WHERE ${holds}`;
  });
  return withPlaces(sql, starts, parts);
}

const ofEvent = (sql: Executor, measure: Measure | undefined): Fragment => sql`
  1 AS n, (number IS NOT NULL)::int AS numbers, (value IS NOT NULL AND number IS NULL)::int AS not_numbers,
  ${stateOf(sql, measure)} AS state`;

export const arrayOf = (sql: Executor, elements: readonly Fragment[]): Fragment =>
  elements.length === 0
    ? sql`'{}'::text[]`
    : sql`ARRAY[${elements.reduce((all, element) => sql`${all}, ${element}`)}]`;

/** The index of a time's bucket, in a query that is given to `withPlaces`. @param starts empty for one bucket */
export const placeOf = (sql: Executor, at: Fragment, starts: readonly number[]): Fragment =>
  starts.length === 0 ? sql`0` : bucketIndex(sql, at);

export const withPlaces = (sql: Executor, starts: readonly number[], query: Fragment): Fragment =>
  starts.length === 0 ? query : inBuckets(sql, starts, query);

export const dimension = (sql: Executor, index: string): Fragment => sql`dimensions[${Number(index)}::int]`;

/** A dimension whose value was too long is neither a string nor a number, so no comparison is true of it. */
export function ofDimension(sql: Executor, index: string): PropertySql {
  const value = dimension(sql, index);
  return {
    json: sql`nullif(${value}, ${MISSING}) COLLATE "C"`,
    text: sql`(CASE WHEN left(${value}, 1) = '"' THEN ${value}::json #>> '{}' ELSE ${value} END) COLLATE "C"`,
  };
}
