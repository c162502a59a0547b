import type { Executor } from "./client.ts";
import { keyOf, time } from "./fragments.ts";

/**
 * Deletes events that came in after their partition had gone, and so lie in DEFAULT, with their ledger rows.
 * @param horizon RFC 3339
 * @param limit most events
 * @returns how many went
 */
export async function pruneLateEvents(sql: Executor, horizon: string, limit: number): Promise<number> {
  const [row] = await sql<[{ deleted: number }]>`
    WITH late AS (
      DELETE FROM events_default
       WHERE ctid = ANY (ARRAY(
               SELECT ctid FROM events_default WHERE event_time < ${time(sql, horizon)} LIMIT ${limit}
                  FOR UPDATE SKIP LOCKED))
      RETURNING client_id, event_time, ${keyOf(sql, "event_id")} AS event_key
    ), released AS (
      DELETE FROM event_ledger l USING late
       WHERE l.event_key = late.event_key AND l.client_id = late.client_id AND l.event_time = late.event_time
    )
    SELECT count(*)::int AS deleted FROM late`;
  return row.deleted;
}
