import type { Executor } from "../../postgres/client.ts";
import { time } from "../../postgres/fragments.ts";

/** Minutes that a cell of a meter spans. */
export const METER_GRAINS = [15, 60, 1440] as const;

/**
 * Deletes rollups of meters that are before the horizon, and all rollups of deleted meters, as `pruneRollups` does. A query may have
 * begun to read a meter before it was deleted, so its rollups stay for a moment.
 * @param horizon UTC text; `-infinity` while hidden data has to stay
 * @param graceMs how long those of a deleted meter stay, in milliseconds
 * @param limit maximum number of rows
 * @returns the number of deleted rows
 */
export async function pruneMeterRollups(
  sql: Executor,
  grain: (typeof METER_GRAINS)[number],
  { horizon, graceMs }: { horizon: string; graceMs: number },
  limit: number,
): Promise<number> {
  const rows = await sql`
    DELETE FROM meter_rollups
     WHERE grain = ${grain}
       AND ctid = ANY (ARRAY(
             SELECT r.ctid FROM meters m
             CROSS JOIN LATERAL (
               SELECT ctid FROM meter_rollups
                WHERE meter_id = m.meter_id AND grain = ${grain}
                  AND bucket < CASE WHEN m.deleted_at < clock_timestamp() - ${`${graceMs} milliseconds`}::text::interval
                                    THEN 'infinity' ELSE ${time(sql, horizon)} END
                LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS r
              LIMIT ${limit}))`;
  return rows.count;
}

/** Forgets meters that were deleted a day ago. Until then a slow worker may still have added to them. */
export async function forgetMeters(sql: Executor): Promise<void> {
  await sql`
    DELETE FROM meters m
     WHERE deleted_at < clock_timestamp() - interval '1 day'
       AND NOT EXISTS (SELECT FROM meter_rollups r WHERE r.meter_id = m.meter_id)
       AND NOT EXISTS (SELECT FROM packed_meter_days p WHERE p.meter_id = m.meter_id)`;
}
