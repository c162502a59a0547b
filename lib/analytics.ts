/** Questions that are answered with numbers. */
import type { Call } from "./api.ts";
import { clientFilter } from "./client-filter.ts";
import type * as contract from "./contract/analytics.ts";
import { readFreshness } from "./freshness.ts";
import { clampStart } from "./horizon.ts";
import { type ApiResponse, json } from "./http.ts";
import { coverRange, type Segment } from "./range.ts";
import { measureLatency } from "./sql/measure-latency.ts";
import { type EventScope, type EventSum, type Grouping, sumEvents } from "./sql/sum-events.ts";
import type { Instant } from "./time.ts";

type RangeCall = Pick<Call, "deps" | "caller"> & {
  query: {
    client?: string | undefined;
    event_type?: string | undefined;
    start?: Instant | undefined;
    end?: Instant | undefined;
  };
};

/** How many events. @throws {Problem} `insufficient-scope`, `query-too-broad` */
export async function countEvents(call: Call<typeof contract.countEvents>): Promise<ApiResponse> {
  const { sums, ...rest } = await sum(call, []);
  return json(200, { count: sums[0]?.count ?? 0, ...rest });
}

/** How many events of each client, type, or both. @throws {Problem} as `countEvents` does */
export async function groupEvents(call: Call<typeof contract.groupEvents>): Promise<ApiResponse> {
  const { sums, ...rest } = await sum(call, call.query.by);
  return json(200, { groups: sums, ...rest });
}

/** Percentiles of the time from received to stored. @throws {Problem} as `countEvents` does */
export async function getLatency(call: Call<typeof contract.getLatency>): Promise<ApiResponse> {
  const { deps, query } = call;
  const scope = scopeOf(call);
  const { horizon, ...freshness } = await readFreshness(deps);
  const latency = await measureLatency(deps.sql, scope, clampStart(query.start, horizon), query.end);
  return json(200, { ...latency, ...freshness, source: "raw" });
}

async function sum(call: RangeCall, by: readonly Grouping[]) {
  const { deps, query } = call;
  const scope = scopeOf(call);
  const { horizon, ...freshness } = await readFreshness(deps);
  const segments = coverRange(clampStart(query.start, horizon), query.end);
  const sums: EventSum[] = segments.length > 0 ? await sumEvents(deps.sql, segments, scope, by) : [];
  return { sums, ...freshness, source: sourceOf(segments) };
}

const scopeOf = (call: RangeCall): EventScope => ({
  clientId: clientFilter(call),
  eventType: call.query.event_type,
});

/** What was read; an empty range, of which nothing is read, counts as rollup. */
function sourceOf(segments: readonly Segment[]): "rollup" | "raw" | "mixed" {
  const raw = segments.filter(({ grain }) => grain === "raw").length;
  if (raw === 0) return "rollup";
  return raw === segments.length ? "raw" : "mixed";
}
