import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";
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
 * @param segments as for `eventParts`
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
    day: sql`latency_bins AS bins, latency_counts AS counts, latency_max_ms AS max_ms`,
    quarters: ofQuarters(sql),
    raw: sql`ARRAY[latency_bin(${latency})] AS bins, ARRAY[1::bigint] AS counts, ${latency} AS max_ms`,
  });
  return sql<LatencyBin[]>`
    SELECT u.bin, sum(u.count)::float8 AS count, max(max_ms)::float8 AS max_ms
      FROM (${parts}) AS parts CROSS JOIN LATERAL unnest(bins, counts) AS u(bin, count)
     GROUP BY u.bin ORDER BY u.bin`;
}

/** Selects from the bins of a packed day's quarters, see migration 0020. */
const ofQuarters = (sql: Executor): Fragment => sql`
  ARRAY(SELECT (bin % 1024 - 1)::smallint FROM unnest(quarter_bins) AS bin
         WHERE bin >= first * 1024 AND bin < beyond * 1024 ORDER BY bin) AS bins,
  ARRAY(SELECT n FROM unnest(quarter_bins, quarter_counts) AS u(bin, n)
         WHERE bin >= first * 1024 AND bin < beyond * 1024 ORDER BY bin) AS counts,
  (SELECT max(max_ms) FROM unnest(quarters, quarter_maxima) AS u(quarter, max_ms)
    WHERE quarter >= first AND quarter < beyond) AS max_ms`;
