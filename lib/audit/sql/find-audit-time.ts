import type { Executor } from "../../postgres/client.ts";
import { time, utc } from "../../postgres/fragments.ts";

/**
 * Finds the time at which a request was received.
 * @param between range to search, both bounds inclusive; without it every entry is read
 * @returns UTC text with six fractional digits
 */
export async function findAuditTime(
  sql: Executor,
  requestId: string,
  between?: readonly [from: string, to: string],
): Promise<string | undefined> {
  const [row] = await sql<{ at: string }[]>`
    SELECT ${utc(sql, "at")} AS at FROM audit_log
     WHERE request_id = ${requestId}::uuid
           ${between ? sql`AND at BETWEEN ${time(sql, between[0])} AND ${time(sql, between[1])}` : sql``}
     LIMIT 1`;
  return row?.at;
}
