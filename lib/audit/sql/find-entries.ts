import type { Executor } from "../../postgres/client.ts";

/** A request id, and the time at which the request was received, RFC 3339. */
export interface EntryKey {
  id: string;
  at: string;
}

/**
 * Returns the requests that have an entry in the audit log. Each is one lookup by primary key: with a plain join the
 * planner could scan the entire log. The bounds prune partitions of other days.
 * @param keys in order of time, at least one
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
