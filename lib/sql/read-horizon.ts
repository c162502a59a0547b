import { type Instant, shortenTime } from "../time.ts";
import type { Executor } from "./client.ts";
import { utc } from "./fragments.ts";

/**
 * Before this time nothing is shown any more.
 * @returns the horizon, and how long ago it moved, in milliseconds
 */
export async function readHorizon(sql: Executor): Promise<{ horizon: Instant; movedMsAgo: number }> {
  const [row] = await sql<[{ text: string; moved_ms_ago: number }]>`
    SELECT ${utc(sql, "horizon")} AS text,
           (extract(epoch FROM clock_timestamp() - moved_at) * 1000)::float8 AS moved_ms_ago
      FROM retention`;
  const text = shortenTime(row.text);
  return { horizon: { ms: Date.parse(text), text }, movedMsAgo: row.moved_ms_ago };
}
