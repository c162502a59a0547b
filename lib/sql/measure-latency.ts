import type { Instant } from "../time.ts";
import type { Executor } from "./client.ts";
import { andIf, ofClient, time } from "./fragments.ts";
import type { EventScope } from "./sum-events.ts";

export interface Latency {
  count: number;
  /** Milliseconds; null without events. */
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  max_ms: number | null;
}

/**
 * Time from received to stored, from every row of the range: exact, at the price of reading them all. Clocks of two
 * machines may differ, so a negative time counts as none.
 * @param start inclusive, `end` exclusive; undefined for no bound
 */
export async function measureLatency(
  sql: Executor,
  scope: EventScope,
  start: Instant | undefined,
  end: Instant | undefined,
): Promise<Latency | undefined> {
  const rows = await sql<Latency[]>`
    SELECT count, p[1] AS p50_ms, p[2] AS p95_ms, p[3] AS p99_ms, p[4] AS max_ms
      FROM (
        SELECT count(*)::float8 AS count, percentile_disc(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY ms) AS p
          FROM (
            SELECT greatest(0, extract(epoch FROM processed_at - received_at) * 1000)::float8 AS ms
              FROM events
             WHERE ${ofClient(sql, "client_id", scope.clientId)}
                   ${andIf(sql, scope.eventType, (name) => sql`event_type = ${name}`)}
                   ${andIf(sql, start, ({ text }) => sql`event_time >= ${time(sql, text)}`)}
                   ${andIf(sql, end, ({ text }) => sql`event_time < ${time(sql, text)}`)}
          ) AS latencies
      ) AS percentiles`;
  return rows[0];
}
