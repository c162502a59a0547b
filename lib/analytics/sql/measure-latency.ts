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

/** Selects from the bins of a packed day's quarters, which are in order: see migration 0020. */
function ofQuarters(sql: Executor): Fragment {
  const before = (quarter: Fragment): Fragment => sql`width_bucket(${quarter} * 1024 - 1, quarter_bins)`;
  const slice = sql`[${before(sql`first`)} + 1:${before(sql`beyond`)}]`;
  const until = (quarter: Fragment): Fragment => sql`width_bucket((${quarter} - 1)::smallint, quarters)`;
  return sql`
    ARRAY(SELECT (bin % 1024 - 1)::smallint FROM unnest(quarter_bins${slice}) AS bin) AS bins, quarter_counts${slice} AS counts,
    (SELECT max(max_ms) FROM unnest(quarter_maxima[${until(sql`first`)} + 1:${until(sql`beyond`)}]) AS max_ms) AS max_ms`;
}
