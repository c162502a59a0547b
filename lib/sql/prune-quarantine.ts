import type { Executor } from "./client.ts";
import { time } from "./fragments.ts";

/**
 * Deletes events that were set aside before a time, but for those on their way through the queue again. The totals keep
 * counting them as quarantined.
 * @param before RFC 3339
 * @param limit most rows
 * @returns how many went
 */
export async function pruneQuarantine(sql: Executor, before: string, limit: number): Promise<number> {
  const rows = await sql`
    DELETE FROM quarantine
     WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM quarantine
              WHERE quarantined_at < ${time(sql, before)}
                AND (redriven_at IS NULL OR redriven_at < ${time(sql, before)})
              ORDER BY quarantined_at LIMIT ${limit} FOR UPDATE SKIP LOCKED))`;
  return rows.count;
}
