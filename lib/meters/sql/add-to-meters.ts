import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";
import { addCell, cellColumns, cellSums, cellsOfEvents, meteredRows } from "./meter-cells.ts";

/**
 * The part of the statement that stores events without meters: the clients for which that would be wrong, as `metered_clients
 * (clients)`, null if there are none. Like `addToMeters`, it takes the lock of `meters` before the snapshot.
 */
export const clientsWithMeters = (sql: Executor): Fragment => sql`
  metered_clients AS MATERIALIZED (
    SELECT array_agg(DISTINCT client_id) AS clients FROM meters
     WHERE client_id = ANY ((SELECT clients FROM lists)::text[]) AND deleted_at IS NULL
  )`;

/**
 * The part of the statement that stores events which adds them to meters: CTEs, to follow those of that statement. It joins
 * `meters` and so takes its lock before the snapshot, and keeps it until the transaction ends: `listMeterUsers` relies on both.
 * Without a meter of the batch's clients, nothing of an event is read. Days that may be packed have cells of quarters of an hour only.
 *
 * The statement's CTEs: `lists (clients)`, `fresh (client_id, event_type, event_id, event_time, payload json)`, `place (slot)`.
 */
export const addToMeters = (sql: Executor): Fragment => sql`
  live AS MATERIALIZED (
    SELECT meter_id, client_id, event_type, value_path, path_1, path_2, path_3 FROM meters
     WHERE client_id = ANY ((SELECT clients FROM lists)::text[]) AND deleted_at IS NULL
  ), quarters AS (
    SELECT meter_id, bucket, dimensions, ${cellsOfEvents(sql)}
      FROM (${meteredRows(
        sql,
        sql`meter_id, event_id, event_time, bucket`,
        sql`(SELECT meter_id, event_id, event_time, date_bin('15 minutes', event_time, 'epoch') AS bucket, payload,
                    value_path, path_1, path_2, path_3
               FROM live JOIN fresh USING (client_id, event_type)) AS of_meters`,
      )}) AS metered
     GROUP BY 1, 2, 3
  ), metered AS (
    INSERT INTO meter_rollups AS r (meter_id, grain, bucket, dimensions, slot, ${cellColumns(sql)})
    SELECT meter_id, grain, date_bin(unit, bucket, 'epoch'), dimensions, (SELECT slot FROM place), ${cellSums(sql)}
      FROM quarters, (VALUES (15::smallint, interval '15 minutes'), (60::smallint, interval '1 hour'),
                             (1440::smallint, interval '1 day')) AS g(grain, unit)
     WHERE grain = 15 OR bucket >= (SELECT settled FROM packing)
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ${addCell(sql)}
  )`;
