import type { Executor } from "../../postgres/client.ts";
import { time } from "../../postgres/fragments.ts";

/**
 * Moves the horizon, the time before which nothing is shown. It moves forwards at once; it moves back, for a longer
 * retention, only when nothing hidden is left, since hidden data may be partly deleted.
 * @param target RFC 3339
 * @returns true if it moved
 */
export async function moveHorizon(sql: Executor, target: string): Promise<boolean> {
  const rows = await sql`
    UPDATE retention SET horizon = ${time(sql, target)}, moved_at = clock_timestamp()
     WHERE horizon < ${time(sql, target)}
        OR (horizon > ${time(sql, target)}
            AND NOT EXISTS (SELECT FROM expired_partitions)
            AND NOT EXISTS (SELECT FROM events WHERE event_time < horizon)
            AND NOT EXISTS (
              SELECT FROM clients c, unnest(ARRAY[1, 15, 60, 1440]) AS g(grain)
               WHERE EXISTS (
                 SELECT FROM rollups r
                  WHERE r.client_id = c.client_id AND r.grain = g.grain AND r.bucket < horizon))
            AND NOT EXISTS (
              SELECT FROM clients c JOIN packed_days d USING (client_id) WHERE d.day < horizon)
            AND NOT EXISTS (
              SELECT FROM meters m, unnest(ARRAY[15, 60, 1440]) AS g(grain)
               WHERE EXISTS (
                 SELECT FROM meter_rollups r
                  WHERE r.meter_id = m.meter_id AND r.grain = g.grain AND r.bucket < horizon))
            AND NOT EXISTS (
              SELECT FROM meters m JOIN packed_meter_days d USING (meter_id) WHERE d.day < horizon))
    RETURNING 1`;
  return rows.length > 0;
}

/**
 * Moves the first day whose audit entries are kept. Never back: entries missing before it count as expired, and a signed
 * horizon can't be revoked.
 * @param day such as `2026-03-01`
 */
export async function moveAuditHorizon(sql: Executor, day: string): Promise<void> {
  await sql`UPDATE retention SET audit_horizon = ${day}::text::date WHERE audit_horizon < ${day}::text::date`;
}
