/** How events become cells of a meter's rollups; the fill and raw edges of a range share it, and the worker adds such cells. */
import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";

/** Longest value of a dimension, in bytes of its JSON text. */
export const MAX_DIMENSION_BYTES = 200;
/** Takes the place of a longer one, and of a missing one; neither is JSON. */
export const TOO_LONG = "…";
export const MISSING = "";

/** The slot of what is not a worker's: filled from stored events. */
export const FILL_SLOT = -1;

/**
 * Selects `dimensions`, `value` (JSON text), `number`, and the other given columns, for each row of a source.
 * @param columns of the source, to pass on
 * @param source FROM items with the columns `payload` (json), `value_path` and `path_1` to `path_3`, and conditions
 */
export const meteredRows = (sql: Executor, columns: Fragment, source: Fragment): Fragment => sql`
  SELECT ${columns}, value, measured_number(value) AS number,
         ARRAY[${bounded(sql, sql`value_1`)}, ${bounded(sql, sql`value_2`)}, ${bounded(sql, sql`value_3`)}] AS dimensions
    FROM (SELECT ${columns}, (payload #> value_path)::text AS value, (payload #> path_1)::text AS value_1,
                 (payload #> path_2)::text AS value_2, (payload #> path_3)::text AS value_3
            FROM ${source} OFFSET 0) AS texts`;

const bounded = (sql: Executor, value: Fragment): Fragment => sql`
  CASE WHEN ${value} IS NULL THEN ${MISSING}::text
       WHEN octet_length(${value}) > ${MAX_DIMENSION_BYTES} THEN ${TOO_LONG}::text ELSE ${value} END`;

/** The columns of a cell after its key, in the order of `cellSums`, `cellsOfEvents` and `addCell`. */
export const cellColumns = (sql: Executor): Fragment => sql`
  count, numbers, not_numbers, sum, min, max, latest`;

/** The columns of a cell as aggregates over rows of `meteredRows` with `event_time` and `event_id`. */
export const cellsOfEvents = (sql: Executor): Fragment => sql`
  count(*) AS count, count(number) AS numbers, count(*) FILTER (WHERE value IS NOT NULL AND number IS NULL) AS not_numbers,
  coalesce(sum(number), 0) AS sum, min(number) AS min, max(number) AS max, max(${latestState(sql)}) AS latest`;

/** The columns of a cell as aggregates over cells. */
export const cellSums = (sql: Executor): Fragment => sql`
  sum(count)::bigint AS count, sum(numbers)::bigint AS numbers, sum(not_numbers)::bigint AS not_numbers, sum(sum) AS sum,
  min(min) AS min, max(max) AS max, max(latest) AS latest`;

/** `ON CONFLICT` clause that adds a cell to that of the same key, in a table with the alias `r`. */
export const addCell = (sql: Executor): Fragment => sql`
  ON CONFLICT (meter_id, grain, bucket, dimensions, slot) DO UPDATE SET
    count = r.count + excluded.count,
    numbers = r.numbers + excluded.numbers,
    not_numbers = r.not_numbers + excluded.not_numbers,
    sum = r.sum + excluded.sum,
    min = least(r.min, excluded.min),
    max = greatest(r.max, excluded.max),
    latest = greatest(r.latest, excluded.latest)`;

/**
 * Time, id and number of an event, to find the latest number; null if the event has no number. Arrays are compared element by
 * element, and this text of a time has the order of time.
 */
export const latestState = (sql: Executor): Fragment => sql`
  CASE WHEN number IS NOT NULL
       THEN ARRAY[to_char(event_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), event_id, number::text] COLLATE "C" END`;
