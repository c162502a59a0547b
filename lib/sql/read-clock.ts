import { type Instant, shortenTime } from "../time.ts";
import type { Executor } from "./client.ts";
import { utc } from "./fragments.ts";

/**
 * The database's time, in whole milliseconds since the Unix epoch, rounded down, and the time before which nothing is
 * shown any more.
 */
export async function readClock(sql: Executor): Promise<{ nowMs: number; horizon: Instant }> {
  const [row] = await sql<[{ ms: number; horizon: string }]>`
    SELECT floor(extract(epoch FROM now()) * 1000)::float8 AS ms, ${utc(sql, "horizon")} AS horizon FROM retention`;
  const text = shortenTime(row.horizon);
  return { nowMs: row.ms, horizon: { ms: Date.parse(text), text } };
}
