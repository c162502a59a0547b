import type { Executor } from "../../postgres/client.ts";
import type { Segment } from "../range.ts";
import { type EventScope, eventParts } from "./event-parts.ts";

/** Events whose time from received to stored is in one bin of the sketch, see migration 0003. */
export interface LatencyBin {
  bin: number;
  count: number;
  /** Longest time of any event that shares a row with one of this bin, in milliseconds. */
  max_ms: number;
}

/**
 * The times of events from received to stored. Raw rows yield the same bins as the rollups, by the same function.
 * @param segments at least one; they do not overlap
 * @returns bins in ascending order, without empty ones
 */
export async function measureLatency(
  sql: Executor,
  segments: readonly Segment[],
  scope: EventScope,
): Promise<LatencyBin[]> {
  const latency = sql`latency_ms(received_at, processed_at)`;
  const parts = eventParts(sql, segments, scope, {
    rollup: sql`latency_bins AS bins, latency_counts AS counts, latency_max_ms AS max_ms`,
    raw: sql`ARRAY[latency_bin(${latency})] AS bins, ARRAY[1::bigint] AS counts, ${latency} AS max_ms`,
  });
  return sql<LatencyBin[]>`
    SELECT u.bin, sum(u.count)::float8 AS count, max(max_ms)::float8 AS max_ms
      FROM (${parts}) AS parts CROSS JOIN LATERAL unnest(bins, counts) AS u(bin, count)
     GROUP BY u.bin ORDER BY u.bin`;
}
