import type { Executor } from "../../postgres/client.ts";

/**
 * Requests whose audit rows went to a log and have not been recovered, in order of their ids.
 * @param after only requests with a greater id
 * @param limit maximum number
 */
export async function listUnqueued(sql: Executor, after: string, limit: number): Promise<string[]> {
  const rows = await sql<{ request_id: string }[]>`
    SELECT request_id FROM audit_unqueued
     WHERE NOT recovered AND request_id > ${after}::uuid
     ORDER BY request_id
     LIMIT ${limit}`;
  return rows.map(({ request_id }) => request_id);
}
