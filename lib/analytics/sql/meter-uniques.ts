import { meteredRows } from "../../meters/sql/meter-cells.ts";
import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";
import { matches } from "../../query/sql.ts";
import type { Condition } from "../../query/where.ts";
import type { Segment } from "../range.ts";
import { unionOf } from "./event-parts.ts";
import {
  arrayOf,
  dimension,
  ofDimension,
  type PartsQuestion,
  placeOf,
  type ReadMeter,
  withPlaces,
} from "./measure-parts.ts";
import { rankOf, smallestHashesOf } from "./sketch-distinct.ts";

/** The sketch of a group in a bucket. */
export interface SketchedCell {
  names: string[];
  bucket: number;
  count: number;
  numbers: number;
  not_numbers: number;
  /** Values of registers, and how many registers have them; null without values. */
  ranks: number[] | null;
  registers: number[] | null;
  /** True if it counts events that were read one by one. */
  from_events: boolean;
}

interface SketchQuestion extends Pick<PartsQuestion, "by" | "starts"> {
  /** Names of the only groups to read; undefined for all. */
  only: readonly (readonly string[])[] | undefined;
  /** Maximum number of rows. */
  limit: number;
}

/**
 * HyperLogLog sketches of a meter's values by group and bucket, merged from those of packed days. A day that lacks a sketch, or has
 * rollups beside its packed rows, is read from the events. One statement, so one snapshot: a sketch is of all events of its day as long as
 * no rollup is beside it.
 * @param segments packed days and raw ones, at least one; no day spans two buckets
 * @param where conditions whose paths are numbers of dimensions, from 1
 * @returns ordered by names and bucket
 */
export async function sketchMeter(
  sql: Executor,
  segments: readonly Segment[],
  meter: ReadMeter,
  where: readonly Condition[],
  { by, starts, only, limit }: SketchQuestion,
): Promise<SketchedCell[]> {
  const names = arrayOf(
    sql,
    by.map((index) => dimension(sql, index)),
  );
  const holds = matches(sql, where, ([index]) => ofDimension(sql, index ?? ""));
  const wanted =
    only === undefined
      ? sql`true`
      : sql`to_jsonb(${names}) IN (SELECT jsonb_array_elements(${JSON.stringify(only)}::text::jsonb))`;
  const events = meteredRows(
    sql,
    sql`event_time`,
    sql`
      (SELECT event_time, payload, value_path, path_1, path_2, path_3
         FROM (${eventsOf(sql, segments, meter)}) AS found,
              (SELECT * FROM meters WHERE meter_id = ${meter.meter_id} OFFSET 0) AS m) AS of_meter`,
  );
  const raw = sql`
    SELECT ${names} AS names, ${placeOf(sql, sql`event_time`, starts)} AS bucket, value, number
      FROM (${events} OFFSET 0) AS metered WHERE ${holds} AND ${wanted}`;
  const sketched = sql`
    SELECT ${names} AS names, ${placeOf(sql, sql`day`, starts)} AS bucket, count, numbers, not_numbers, registers, ranks
      FROM packed WHERE day NOT IN (SELECT day FROM open) AND ${holds} AND ${wanted}`;
  return sql<SketchedCell[]>`
    WITH packed AS MATERIALIZED (
      ${packedDays(sql, segments, meter)}
    ), open AS MATERIALIZED (
      SELECT day FROM packed WHERE registers IS NULL
      UNION SELECT date_trunc('day', bucket, 'UTC') FROM (${looseQuarters(sql, segments, meter)}) AS loose
    ), sketched AS MATERIALIZED (
      ${withPlaces(sql, starts, sketched)}
    ), raw AS MATERIALIZED (
      ${withPlaces(sql, starts, raw)}
    ), counted AS (
      SELECT names COLLATE "C" AS names, bucket, sum(n)::float8 AS count, sum(numbers)::float8 AS numbers,
             sum(not_numbers)::float8 AS not_numbers, bool_or(is_event) AS from_events
        FROM (SELECT names, bucket, count AS n, numbers, not_numbers, false AS is_event FROM sketched
              UNION ALL
              SELECT names, bucket, 1, (number IS NOT NULL)::int, (value IS NOT NULL AND number IS NULL)::int, true FROM raw) AS parts
       GROUP BY 1, 2
    ), registers AS (
      SELECT names COLLATE "C" AS names, bucket, register, max(rank) AS rank
        FROM (SELECT names, bucket, u.register::bigint AS register, u.rank::int AS rank
                FROM sketched CROSS JOIN LATERAL unnest(registers, ranks) AS u(register, rank)
              UNION ALL
              SELECT names, bucket, register, ${rankOf(sql)}
                FROM (${smallestHashesOf(sql, sql`names, bucket`, sql`raw WHERE value <> 'null'`)}) AS hashes) AS both_kinds
       GROUP BY 1, 2, 3
    ), sketches AS (
      SELECT names, bucket, json_agg(rank) AS ranks, json_agg(n) AS registers
        FROM (SELECT names, bucket, rank, count(*)::int AS n FROM registers GROUP BY 1, 2, 3) AS ranks GROUP BY 1, 2
    )
    SELECT names, bucket::int AS bucket, count, numbers, not_numbers, from_events, ranks, registers
      FROM counted LEFT JOIN sketches USING (names, bucket) ORDER BY names, bucket LIMIT ${limit}`;
}

const ofGrain = (segments: readonly Segment[], grain: Segment["grain"]): Segment[] =>
  segments.filter((segment) => segment.grain === grain);

function packedDays(sql: Executor, segments: readonly Segment[], meter: ReadMeter): Fragment {
  const rows = (within: Fragment): Fragment => sql`
    SELECT day, dimensions, count, numbers, not_numbers, registers, ranks FROM packed_meter_days
     WHERE meter_id = ${meter.meter_id} AND ${within}`;
  const days = ofGrain(segments, "packed days");
  if (days.length === 0) return rows(sql`false`);
  return unionOf(sql, days, (_, from, to) => rows(sql`day >= ${from} AND day < ${to}`));
}

function looseQuarters(sql: Executor, segments: readonly Segment[], meter: ReadMeter): Fragment {
  const rows = (within: Fragment): Fragment => sql`
    SELECT bucket FROM meter_rollups WHERE meter_id = ${meter.meter_id} AND grain = 15 AND ${within}`;
  const days = ofGrain(segments, "packed days");
  if (days.length === 0) return rows(sql`false`);
  return unionOf(sql, days, (_, from, to) => rows(sql`bucket >= ${from} AND bucket < ${to}`));
}

/** Time and payload of the events of raw segments, and of the days in `open`. */
function eventsOf(sql: Executor, segments: readonly Segment[], meter: ReadMeter): Fragment {
  const rows = (from: Fragment, to: Fragment): Fragment => sql`
    SELECT event_time, payload FROM events
     WHERE client_id = ${meter.client_id} AND event_type = ${meter.event_type} AND event_time >= ${from} AND event_time < ${to}`;
  const ofDays = sql`
    SELECT e.* FROM open CROSS JOIN LATERAL (${rows(sql`day`, sql`day + interval '1 day'`)} OFFSET 0) AS e`;
  const raw = ofGrain(segments, "raw");
  if (raw.length === 0) return ofDays;
  return sql`${ofDays} UNION ALL ${unionOf(sql, raw, (_, from, to) => rows(from, to))}`;
}
