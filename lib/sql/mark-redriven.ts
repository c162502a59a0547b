import type { Executor } from "./client.ts";

/** Notes that events are on their way through the queue again. */
export async function markRedriven(
  sql: Executor,
  rows: readonly { client_id: string; event_key: string }[],
): Promise<void> {
  await sql`
    UPDATE quarantine q SET redriven_at = now()
      FROM unnest(${rows.map((row) => row.event_key)}::uuid[], ${rows.map((row) => row.client_id)}::text[])
           AS chosen(event_key, client_id)
     WHERE q.event_key = chosen.event_key AND q.client_id = chosen.client_id`;
}
