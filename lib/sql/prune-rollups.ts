import type { Grain } from "../range.ts";
import type { Executor } from "./client.ts";
import { time } from "./fragments.ts";

/**
 * Deletes rollup rows of before the horizon. Client by client, as the index is; rows that a worker is just adding a late
 * event to are left for the next time, so neither waits for the other. One grain, since each has a table of its own, and
 * a `ctid` says nothing of which table it is in.
 * @param horizon RFC 3339
 * @param limit most rows
 * @returns how many went
 */
export async function pruneRollups(
  sql: Executor,
  grain: Grain,
  horizon: string,
  limit: number,
): Promise<number> {
  const rows = await sql`
    DELETE FROM rollups
     WHERE grain = ${grain}
       AND ctid = ANY (ARRAY(
             SELECT r.ctid FROM clients c
             CROSS JOIN LATERAL (
               SELECT ctid FROM rollups
                WHERE client_id = c.client_id AND grain = ${grain} AND bucket < ${time(sql, horizon)}
                LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS r
              LIMIT ${limit}))`;
  return rows.count;
}
