import type { Executor } from "../../postgres/client.ts";

/**
 * True if this system had settled a request by then. If not, Redis was new then and has lost nothing. Receipt ids begin
 * with their time, so the first one is the oldest.
 * @param agoMs how long ago, in milliseconds
 */
export async function hasSettledBefore(sql: Executor, agoMs: number): Promise<boolean> {
  const [row] = await sql<[{ found: boolean }]>`
    SELECT coalesce((SELECT completed_at FROM receipts ORDER BY receipt_id LIMIT 1)
                    < now() - make_interval(secs => ${agoMs / 1_000}), false) AS found`;
  return row.found;
}
