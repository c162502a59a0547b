import type { Executor } from "./client.ts";
import { time } from "./fragments.ts";

/**
 * Deletes rollup rows of before the horizon. Client by client, as the index is; rows that a worker is just adding a late
 * event to are left for the next time, so neither waits for the other.
 * @param horizon RFC 3339
 * @param limit most rows
 * @returns how many went
 */
export async function pruneRollups(sql: Executor, horizon: string, limit: number): Promise<number> {
  const rows = await sql`
    DELETE FROM event_rollups
     WHERE ctid = ANY (ARRAY(
             SELECT r.ctid FROM clients c CROSS JOIN unnest(ARRAY[1, 60, 1440]::smallint[]) AS g(grain)
             CROSS JOIN LATERAL (
               SELECT ctid FROM event_rollups
                WHERE client_id = c.client_id AND grain = g.grain AND bucket < ${time(sql, horizon)}
                LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS r
              LIMIT ${limit}))`;
  return rows.count;
}
