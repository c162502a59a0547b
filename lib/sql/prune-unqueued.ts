import type { Executor } from "./client.ts";

/**
 * Forgets calls whose day has expired: their audit rows would not be kept either.
 * @param before the least request id that stays; ids begin with their time
 * @param limit most rows
 * @returns how many went
 */
export async function pruneUnqueued(sql: Executor, before: string, limit: number): Promise<number> {
  const rows = await sql`
    DELETE FROM audit_unqueued
     WHERE request_id IN (SELECT request_id FROM audit_unqueued WHERE request_id < ${before}::uuid LIMIT ${limit})`;
  return rows.count;
}
