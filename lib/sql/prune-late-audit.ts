import type { Executor } from "./client.ts";
import { time } from "./fragments.ts";

/**
 * Deletes audit rows that came in after their day's partition had gone, and so lie in DEFAULT.
 * @param before RFC 3339
 * @param limit most rows
 * @returns how many went
 */
export async function pruneLateAudit(sql: Executor, before: string, limit: number): Promise<number> {
  const rows = await sql`
    DELETE FROM audit_log_default
     WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM audit_log_default WHERE at < ${time(sql, before)} LIMIT ${limit}))`;
  return rows.count;
}
