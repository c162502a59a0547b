import type { Executor } from "./client.ts";
import { time } from "./fragments.ts";

/**
 * Deletes receipts of requests that came in before a time. A receipt's id begins with its time, which saves an index.
 * @param firstId the least id of a request that came in at that time
 * @param before RFC 3339
 * @param limit most rows
 * @returns how many went
 */
export async function pruneReceipts(
  sql: Executor,
  firstId: string,
  before: string,
  limit: number,
): Promise<number> {
  const rows = await sql`
    DELETE FROM receipts
     WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM receipts WHERE receipt_id < ${firstId} AND received_at < ${time(sql, before)}
              ORDER BY receipt_id LIMIT ${limit} FOR UPDATE SKIP LOCKED))`;
  return rows.count;
}
