import { rankOf, smallestHashesOf } from "../../analytics/sql/sketch-distinct.ts";
import { meteredRows } from "../../meters/sql/meter-cells.ts";
import type { Executor, Transaction } from "../../postgres/client.ts";

/** Ids of meters of distinct values with packed days that have no sketch. */
export async function listUnsketched(sql: Executor): Promise<string[]> {
  const rows = await sql<{ meter_id: string }[]>`
    SELECT meter_id FROM meters m
     WHERE uniques AND deleted_at IS NULL
       AND EXISTS (SELECT FROM packed_meter_days p WHERE p.meter_id = m.meter_id AND p.registers IS NULL)
     ORDER BY 1`;
  return rows.map(({ meter_id: id }) => id);
}

/**
 * Sketches the values of the next packed days of a meter, from their events. It locks the meter, since the sketch must be of the events
 * as they are when it is written: neither may an erasure replace payloads in between, nor may other events be packed.
 * @param limit events after which no further day begins
 * @returns the number of sketched rows
 */
export async function sketchDays(tx: Transaction, meterId: string, limit: number): Promise<number> {
  await tx`SELECT FROM meters WHERE meter_id = ${meterId} FOR UPDATE`;
  const rows = await tx`
    WITH days AS MATERIALIZED (
      SELECT day FROM (SELECT day, sum(sum(count)) OVER (ORDER BY day) - sum(count) AS earlier FROM packed_meter_days
                        WHERE meter_id = ${meterId} AND registers IS NULL GROUP BY day) AS sums
       WHERE earlier < ${limit}
    ), texts AS (
      ${meteredRows(
        tx,
        tx`day`,
        tx`
          (SELECT day, payload, value_path, path_1, path_2, path_3
             FROM (SELECT * FROM meters WHERE meter_id = ${meterId} OFFSET 0) AS m CROSS JOIN days
             CROSS JOIN LATERAL (SELECT payload FROM events
                                  WHERE client_id = m.client_id AND event_type = m.event_type AND event_time >= day
                                    AND event_time < day + interval '1 day' OFFSET 0) AS e) AS of_meter`,
      )}
    ), registers AS (
      SELECT day, dimensions, register::smallint AS register, ${rankOf(tx)}::smallint AS rank
        FROM (${smallestHashesOf(tx, tx`day, dimensions`, tx`texts WHERE value <> 'null'`)}) AS hashes
    ), sketches AS (
      SELECT day, dimensions, array_agg(register ORDER BY register) AS registers, array_agg(rank ORDER BY register) AS ranks
        FROM registers GROUP BY 1, 2
    ), lacking AS (
      SELECT p.day, p.dimensions, coalesce(s.registers, '{}') AS registers, coalesce(s.ranks, '{}') AS ranks
        FROM packed_meter_days p JOIN days USING (day) LEFT JOIN sketches s USING (day, dimensions)
       WHERE p.meter_id = ${meterId} AND p.registers IS NULL
    )
    UPDATE packed_meter_days p SET registers = lacking.registers, ranks = lacking.ranks FROM lacking
     WHERE p.meter_id = ${meterId} AND p.day = lacking.day AND p.dimensions = lacking.dimensions`;
  return rows.count;
}
