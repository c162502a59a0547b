import type { Executor } from "../../postgres/client.ts";

/**
 * Deletes the hashes of completed erasures once the horizon has passed every event received before their request: an
 * event's time may be a day after its arrival, and clocks may differ by another day.
 * @param limit maximum number of rows
 * @returns the number of changed rows
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
