import type { Executor } from "../../postgres/client.ts";

/**
 * Forgets the hashes of completed erasures once the horizon has passed all that was received before their request: an event
 * may lie a day ahead of its arrival, and clocks may differ by another.
 * @param limit most rows
 * @returns how many
 */
export async function forgetErasedValues(sql: Executor, limit: number): Promise<number> {
  const rows = await sql`
    UPDATE erasures SET value_sha256 = NULL, salt = ''
     WHERE erasure_id = ANY (ARRAY(
             SELECT erasure_id FROM erasures, retention
              WHERE completed_at IS NOT NULL AND value_sha256 IS NOT NULL
                AND requested_at < horizon - interval '2 days'
              ORDER BY requested_at LIMIT ${limit} FOR UPDATE OF erasures SKIP LOCKED))`;
  return rows.count;
}
