import type { Executor } from "../../postgres/client.ts";

/** A request, and when it was received, RFC 3339. */
export interface EntryKey {
  id: string;
  at: string;
}

/**
 * Which of the requests have an entry in the audit log. One look-up by primary key each: a join would be free to read the
 * log from end to end. The bounds keep the partitions of other days out of the plan.
 * @param keys ordered by time, one at the least
 */
export async function findEntries(sql: Executor, keys: readonly EntryKey[]): Promise<string[]> {
  const times = keys.map(({ at }) => at);
  const rows = await sql<{ id: string }[]>`
    SELECT wanted.id
      FROM unnest(${keys.map(({ id }) => id)}::uuid[], ${times}::text[]::timestamptz[]) AS wanted (id, at)
     CROSS JOIN LATERAL (
             SELECT FROM audit_log a
              WHERE a.at = wanted.at AND a.request_id = wanted.id
                AND a.at BETWEEN ${times[0] ?? ""}::text::timestamptz AND ${times.at(-1) ?? ""}::text::timestamptz
              LIMIT 1) AS found`;
  return rows.map(({ id }) => id);
}
