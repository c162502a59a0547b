import type { Executor } from "./client.ts";
import { time } from "./fragments.ts";

/**
 * Deletes rows that came in after their day's partition had gone, and so lie in DEFAULT.
 * @param before RFC 3339
 * @param limit most rows
 * @returns how many went
 */
export async function pruneLateAudit(
  sql: Executor,
  parent: "audit_log" | "audit_personal",
  before: string,
  limit: number,
): Promise<number> {
  const table = sql(`${parent}_default`);
  const rows = await sql`
    DELETE FROM ${table}
     WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE at < ${time(sql, before)} LIMIT ${limit}))`;
  return rows.count;
}
