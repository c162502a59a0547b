/** The worker's part of meters: reads those of a batch's clients, and adds the batch's cells to them. */
import type { Executor } from "../../postgres/client.ts";
import { type Fragment, utc } from "../../postgres/fragments.ts";
import type { Cell } from "../cells.ts";
import { addCell, cellColumns, cellSums } from "./meter-cells.ts";

/**
 * The part of the statement that stores events which reads the meters of these events, as `live_meters (meters json)`: an array of
 * `LiveMeter`, null if there are none. It takes the lock of `meters` before the snapshot, and keeps it until the transaction ends:
 * `listMeterUsers` relies on both.
 *
 * The statement has a CTE `lists (clients, types)` with the clients and types of the events.
 */
export const liveMeters = (sql: Executor): Fragment => sql`
  live_meters AS MATERIALIZED (
    SELECT json_agg(json_build_object('id', meter_id, 'client', client_id, 'type', event_type, 'value', value_path,
                                      'dimensions', json_build_array(path_1, path_2, path_3))) AS meters
      FROM meters
     WHERE client_id = ANY ((SELECT clients FROM lists)::text[]) AND event_type = ANY ((SELECT types FROM lists)::text[])
       AND deleted_at IS NULL
  )`;

/** Times that PostgreSQL has accepted, by their texts, as UTC with six fractional digits. */
export async function utcTimes(sql: Executor, texts: readonly string[]): Promise<Map<string, string>> {
  const rows = await sql<{ text: string; at: string }[]>`
    SELECT text, ${utc(sql, "at")} AS at
      FROM (SELECT text, text::timestamptz AS at FROM unnest(${[...texts]}::text[]) AS text) AS times`;
  return new Map(rows.map(({ text, at }) => [text, at]));
}

/** The grains of a meter's rollups. */
const grains = (sql: Executor): Fragment => sql`
  (VALUES (15::smallint, interval '15 minutes'), (60::smallint, interval '1 hour'), (1440::smallint, interval '1 day'))
  AS g(grain, unit)`;

/**
 * Adds cells to the rollups of their meters, in the transaction that stores the events and has read the meters: both or neither are committed.
 * In the order of the index, so that concurrent workers may wait for each other but cannot deadlock. Days that may be packed have cells
 * of quarters of an hour only.
 * @param slot of this transaction, see `slot`
 */
export async function addCells(sql: Executor, cells: readonly Cell[], slot: number): Promise<void> {
  const dimension = (index: number) => cells.map(({ dimensions }) => dimensions[index] ?? null);
  const latest = (index: number) => cells.map((cell) => cell.latest?.[index] ?? null);
  await sql`
    WITH quarters AS (
      SELECT meter_id, bucket, ARRAY[d1, d2, d3] AS dimensions, count, numbers, not_numbers, sum, min, max,
             CASE WHEN id IS NOT NULL THEN ARRAY[time, id, number] COLLATE "C" END AS latest
        FROM (SELECT unnest(${cells.map(({ meter }) => meter)}::uuid[]) AS meter_id,
                     unnest(${cells.map(({ bucket }) => bucket)}::text[]::timestamptz[]) AS bucket,
                     unnest(${dimension(0)}::text[]) AS d1, unnest(${dimension(1)}::text[]) AS d2,
                     unnest(${dimension(2)}::text[]) AS d3,
                     unnest(${cells.map(({ count }) => count)}::int[]) AS count,
                     unnest(${cells.map(({ numbers }) => numbers)}::int[]) AS numbers,
                     unnest(${cells.map(({ notNumbers }) => notNumbers)}::int[]) AS not_numbers,
                     unnest(${cells.map(({ sum }) => sum)}::text[]::numeric[]) AS sum,
                     unnest(${cells.map(({ min }) => min)}::text[]::numeric[]) AS min,
                     unnest(${cells.map(({ max }) => max)}::text[]::numeric[]) AS max,
                     unnest(${latest(0)}::text[]) AS time, unnest(${latest(1)}::text[]) AS id,
                     unnest(${latest(2)}::text[]) AS number) AS given
    )
    INSERT INTO meter_rollups AS r (meter_id, grain, bucket, dimensions, slot, ${cellColumns(sql)})
    SELECT meter_id, grain, date_bin(unit, bucket, 'epoch'), dimensions, ${slot}::smallint, ${cellSums(sql)}
      FROM quarters, ${grains(sql)}
     WHERE grain = 15 OR bucket >= (SELECT settled FROM packing)
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ${addCell(sql)}`;
}
