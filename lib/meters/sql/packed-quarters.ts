import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";
import { latestState } from "./meter-cells.ts";

/**
 * The cells of packed days, one for each quarter of an hour: `meter_id`, `bucket`, `dimensions`, and the columns of a cell.
 * @param days FROM item with rows of `packed_meter_days`, and conditions
 */
export const packedMeterQuarters = (sql: Executor, days: Fragment): Fragment => sql`
  SELECT meter_id, day + quarter * interval '15 minutes' AS bucket, dimensions, q.*
    FROM (SELECT * FROM ${days}) AS d CROSS JOIN LATERAL (${quartersOf(sql, sql`d`)}) AS q`;

/**
 * The arrays of a packed day as rows: `quarter`, and the columns of a cell.
 * @param day alias of a row of `packed_meter_days`
 */
export const quartersOf = (sql: Executor, day: Fragment): Fragment => sql`
  SELECT quarter, count, numbers, not_numbers, sum, min, max, ${latestState(sql)} AS latest
    FROM unnest(${day}.quarters, ${day}.quarter_counts, ${day}.quarter_numbers, ${day}.quarter_not_numbers, ${day}.quarter_sums,
                ${day}.quarter_minima, ${day}.quarter_maxima, ${day}.latest_times, ${day}.latest_ids, ${day}.latest_numbers)
           AS u(quarter, count, numbers, not_numbers, sum, min, max, event_time, event_id, number)`;

/** The columns that `quartersOf` reads, in the order of `arraysOfQuarters`. */
export const quarterColumns = (sql: Executor): Fragment => sql`
  quarters, quarter_counts, quarter_numbers, quarter_not_numbers, quarter_sums, quarter_minima, quarter_maxima, latest_times, latest_ids,
  latest_numbers`;

/** These columns as aggregates over rows as `quartersOf` gives them, of different quarters. */
export const arraysOfQuarters = (sql: Executor): Fragment => sql`
  array_agg(quarter ORDER BY quarter), array_agg(count ORDER BY quarter), array_agg(numbers ORDER BY quarter),
  array_agg(not_numbers ORDER BY quarter), array_agg(sum ORDER BY quarter), array_agg(min ORDER BY quarter),
  array_agg(max ORDER BY quarter), array_agg((latest[1] || 'Z')::timestamptz ORDER BY quarter),
  array_agg(latest[2] ORDER BY quarter), array_agg(latest[3]::numeric ORDER BY quarter)`;
