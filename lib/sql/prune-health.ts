import type { Executor } from "./client.ts";
import { time } from "./fragments.ts";

/**
 * Deletes the scheduled health checks of before a time.
 * @param before RFC 3339
 * @param limit most rows
 * @returns how many went
 */
export async function pruneHealth(sql: Executor, before: string, limit: number): Promise<number> {
  const rows = await sql`
    DELETE FROM health_checks
     WHERE at IN (SELECT at FROM health_checks WHERE at < ${time(sql, before)} ORDER BY at LIMIT ${limit})`;
  return rows.count;
}
