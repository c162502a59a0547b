/** Moves rollups of meters into packed days, and back. `packing` says which days may be packed: see migration 0020. */
import type { Executor, Transaction } from "../../postgres/client.ts";
import { time } from "../../postgres/fragments.ts";
import { addCell, cellColumns, cellSums, FILL_SLOT } from "./meter-cells.ts";
import { arraysOfQuarters, packedMeterQuarters, quarterColumns, quartersOf } from "./packed-quarters.ts";

/** Ids of meters with rollups of quarters of an hour that may be packed. */
export async function listPackable(sql: Executor): Promise<string[]> {
  const rows = await sql<{ meter_id: string }[]>`
    SELECT meter_id FROM meters m
     WHERE deleted_at IS NULL
       AND EXISTS (SELECT FROM meter_rollups r
                    WHERE r.meter_id = m.meter_id AND r.grain = 15 AND r.bucket < (SELECT settled FROM packing))
     ORDER BY 1`;
  return rows.map(({ meter_id: id }) => id);
}

export interface PackedMeter {
  /** Rollups of quarters of an hour that were packed. */
  quarters: number;
  /** Packed days that were written. */
  days: number;
}

/**
 * Moves rollups of quarters of an hour of a meter, before `settled`, into packed days, the oldest first. It deletes what it adds in one
 * statement, so the two together have each event once in every snapshot. Rollups that a worker has locked, to add a late event, are
 * left for the next run, so neither waits for the other. It locks the meter, since an erasure must find every cell of its range,
 * and so must a fill.
 * @param limit maximum number of rollups
 */
export async function packMeter(tx: Transaction, meterId: string, limit: number): Promise<PackedMeter> {
  await tx`SELECT FROM meters WHERE meter_id = ${meterId} FOR UPDATE`;
  const [row] = await tx<[PackedMeter]>`
    WITH taken AS (
      DELETE FROM meter_rollups
       WHERE grain = 15
         AND ctid = ANY (ARRAY(
               SELECT ctid FROM meter_rollups
                WHERE meter_id = ${meterId} AND grain = 15 AND bucket < (SELECT settled FROM packing)
                ORDER BY bucket LIMIT ${limit} FOR UPDATE SKIP LOCKED))
      RETURNING meter_id, date_trunc('day', bucket, 'UTC') AS day, dimensions,
                (date_part('epoch', bucket - date_trunc('day', bucket, 'UTC')) / 900)::smallint AS quarter, ${cellColumns(tx)}
    ), cells AS (
      SELECT meter_id, day, dimensions, quarter, ${cellSums(tx)} FROM taken GROUP BY 1, 2, 3, 4
    ), written AS (
      INSERT INTO packed_meter_days AS p (meter_id, day, dimensions, ${cellColumns(tx)}, ${quarterColumns(tx)})
      SELECT meter_id, day, dimensions, ${cellSums(tx)}, ${arraysOfQuarters(tx)} FROM cells GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
      ON CONFLICT (meter_id, day, dimensions) DO UPDATE SET
        (${cellColumns(tx)}, ${quarterColumns(tx)}) = (
          SELECT ${cellSums(tx)}, ${arraysOfQuarters(tx)}
            FROM (SELECT quarter, ${cellSums(tx)}
                    FROM (${quartersOf(tx, tx`p`)} UNION ALL ${quartersOf(tx, tx`excluded`)}) AS both_days
                   GROUP BY quarter) AS merged),
        registers = NULL, ranks = NULL
      RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM taken) AS quarters, (SELECT count(*)::int FROM written) AS days`;
  return row;
}

/**
 * Moves the packed days that overlap a range back into rollups of quarters of an hour. The meter must be locked.
 * @param from RFC 3339, like `to`, which is inclusive
 */
export async function unpackDays(tx: Transaction, meterId: string, from: string, to: string): Promise<void> {
  await tx`
    WITH unpacked AS (
      DELETE FROM packed_meter_days
       WHERE meter_id = ${meterId} AND day > ${time(tx, from)} - interval '1 day' AND day <= ${time(tx, to)}
      RETURNING *
    )
    INSERT INTO meter_rollups AS r (meter_id, grain, bucket, dimensions, slot, ${cellColumns(tx)})
    SELECT meter_id, 15::smallint, bucket, dimensions, ${FILL_SLOT}::smallint, ${cellColumns(tx)}
      FROM (${packedMeterQuarters(tx, tx`unpacked`)}) AS quarters
     ORDER BY 1, 2, 3, 4
    ${addCell(tx)}`;
}

/**
 * Deletes packed days as `pruneMeterRollups` deletes rollups.
 * @returns the number of deleted rows
 */
export async function prunePackedMeterDays(
  sql: Executor,
  { horizon, graceMs }: { horizon: string; graceMs: number },
  limit: number,
): Promise<number> {
  const rows = await sql`
    DELETE FROM packed_meter_days
     WHERE ctid = ANY (ARRAY(
             SELECT p.ctid FROM meters m
             CROSS JOIN LATERAL (
               SELECT ctid FROM packed_meter_days
                WHERE meter_id = m.meter_id
                  AND day < CASE WHEN m.deleted_at < clock_timestamp() - ${`${graceMs} milliseconds`}::text::interval
                                 THEN 'infinity' ELSE ${time(sql, horizon)} END
                LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS p
              LIMIT ${limit}))`;
  return rows.count;
}
