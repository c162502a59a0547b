import { latestState } from "../../meters/sql/meter-cells.ts";
import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";
import type { Order } from "./sum-events.ts";

export const measures = ["sum", "avg", "min", "max", "latest"] as const;
export type Measure = (typeof measures)[number];

/** Digits of an average after its point. */
export const AVG_DIGITS = 20;

/** A measure of one group in one bucket. */
export interface Measured {
  /** The names of the group. */
  names: string[];
  /** Index of the bucket. */
  bucket: number;
  count: number;
  /** Number of events in which the property is a number. */
  numbers: number;
  /** Number of events in which the property is something else. */
  not_numbers: number;
  /** Decimal digits; null without numbers, or without a measure. */
  value: string | null;
  /** True if it counts events of segments of rollups. */
  from_events?: boolean;
}

export interface MeasureQuestion {
  /** Undefined to count events only. */
  measure: Measure | undefined;
  /** Of the groups; by their values if there is a measure, else by their counts. */
  order: Order;
  /** Maximum number of groups, the first ones in that order. */
  limit: number;
}

/** What a measure keeps of one event, from the columns `number`, `event_time` and `event_id`. */
export function stateOf(sql: Executor, measure: Measure | undefined): Fragment {
  if (measure === undefined) return sql`NULL::numeric`;
  return measure === "latest" ? latestState(sql) : sql`number`;
}

/** The same of a row of a meter's rollups. */
export function rollupStateOf(sql: Executor, measure: Measure | undefined): Fragment {
  if (measure === undefined) return sql`NULL::numeric`;
  if (measure === "min" || measure === "max" || measure === "latest") return sql`${sql(measure)}`;
  return sql`CASE WHEN numbers > 0 THEN sum END`;
}

const combined = (sql: Executor, measure: Measure | undefined): Fragment =>
  measure === undefined || measure === "sum" || measure === "avg"
    ? sql`sum(state)`
    : measure === "min"
      ? sql`min(state)`
      : sql`max(state)`;

/**
 * The number that a measure gives. An average is rounded half away from zero to 20 digits after its point, from whole quotients:
 * `numeric` itself rounds to a number of digits that depends on the operands.
 */
function resultOf(sql: Executor, measure: Measure | undefined): Fragment {
  if (measure === "latest") return sql`(state)[3]::numeric`;
  if (measure !== "avg") return sql`state`;
  return sql`
    sign(state) * div(2 * abs(state) * ${`1e${AVG_DIGITS}`}::text::numeric + numbers, nullif(2 * numbers, 0))
      * ${`1e-${AVG_DIGITS}`}::text::numeric`;
}

/**
 * Measures events by group and bucket.
 * @param parts selects `names`, `bucket`, and of the events that a row represents their number `n`, `numbers`, `not_numbers` and
 *   `state`
 * @returns the cells that have events: group by group in the requested order, then by bucket
 */
export async function measureEvents(
  sql: Executor,
  parts: Fragment,
  { measure, order, limit }: MeasureQuestion,
): Promise<Measured[]> {
  const sums = sql`sum(n) AS n, sum(numbers) AS numbers, sum(not_numbers) AS not_numbers, ${combined(sql, measure)} AS state`;
  const value = resultOf(sql, measure);
  const key = measure === undefined ? sql`n` : sql`value`;
  const inOrder = {
    name: sql`names`,
    most: sql`${key} DESC NULLS LAST, names`,
    least: sql`${key} NULLS LAST, names`,
  }[order];
  return sql<Measured[]>`
    WITH cells AS MATERIALIZED (
      SELECT names COLLATE "C" AS names, bucket, ${sums} FROM (${parts}) AS parts GROUP BY 1, 2
    ), groups AS (
      SELECT names, n, ${value} AS value FROM (SELECT names, ${sums} FROM cells GROUP BY names) AS totals
    ), first AS (
      SELECT names, row_number() OVER (ORDER BY ${inOrder}) AS rank FROM groups ORDER BY rank LIMIT ${limit}
    )
    SELECT names, bucket::int AS bucket, n::float8 AS count, trim_scale(${value})::text AS value, numbers::float8 AS numbers,
           not_numbers::float8 AS not_numbers
      FROM cells JOIN first USING (names) ORDER BY rank, bucket`;
}
