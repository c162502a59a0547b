/** Counts events from rollups, and from raw rows at the edges of a range that are not on a minute. */

import type { Instant } from "../base/time.ts";
import type { Call } from "../http/call.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import type { Condition } from "../query/where.ts";
import type { Stores } from "../storage/freshness.ts";
import { readFreshness } from "../storage/freshness.ts";
import { clampStart } from "../storage/horizon.ts";
import type * as contract from "./contract.ts";
import { percentile, RELATIVE_ERROR } from "./ddsketch.ts";
import { measuringOf } from "./measures.ts";
import { groupingsOf, measureGroups, withoutBuckets } from "./measuring.ts";
import { coverQuestion, isConditional, scopeOf, sourceOf } from "./scope.ts";
import { measureLatency } from "./sql/measure-latency.ts";
import * as sums from "./sql/sum-events.ts";

type RangeCall = Pick<Call<Stores>, "deps" | "caller"> & {
  query: {
    client?: string | undefined;
    event_type?: readonly string[] | undefined;
    where?: readonly Condition[] | undefined;
    start?: Instant | undefined;
    end?: Instant | undefined;
  };
};

/** Counts events. @throws {Problem} `insufficient-scope`, `query-too-broad`, and as `measuringOf` */
export async function countEvents(call: Call<Stores, typeof contract.countEvents>): Promise<ApiResponse> {
  const measuring = await measuringOf(call);
  const { segments, scope, range, freshness } = await prepare(call);
  if (measuring) {
    const { groups, source } = await measureGroups(call.deps, measuring, range);
    return json(200, { ...withoutBuckets(measuring, groups[0]), ...measuring.also, ...freshness, source });
  }
  const count = segments.length > 0 ? await sums.countEvents(call.deps.sql, segments, scope) : 0;
  return json(200, { count, ...freshness, source: sourceOf(segments) });
}

/** Counts events by client, type, or both. @throws {Problem} the same as `countEvents` */
export async function groupEvents(call: Call<Stores, typeof contract.groupEvents>): Promise<ApiResponse> {
  const measuring = await measuringOf(call);
  const { segments, scope, range, freshness } = await prepare(call);
  if (measuring) {
    const { groups, source } = await measureGroups(call.deps, measuring, { ...range, grouped: call.query });
    const measured = groups.map((group) => withoutBuckets(measuring, group));
    return json(200, { groups: measured, ...measuring.also, ...freshness, source });
  }
  const grouped = { ...call.query, by: groupingsOf(call.query.by) };
  const groups = segments.length > 0 ? await sums.groupEvents(call.deps.sql, segments, scope, grouped) : [];
  return json(200, { groups, ...freshness, source: sourceOf(segments) });
}

/** Percentiles of the time from received to stored. @throws {Problem} the same as `countEvents` */
export async function getLatency(call: Call<Stores, typeof contract.getLatency>): Promise<ApiResponse> {
  const { segments, scope, freshness } = await prepare(call);
  const bins = segments.length > 0 ? await measureLatency(call.deps.sql, segments, scope) : [];
  const max = bins.length > 0 ? Math.max(...bins.map(({ max_ms }) => max_ms)) : null;
  // The value that represents a bin may exceed the largest value in it.
  const at = (share: number): number | null => {
    const value = percentile(bins, share);
    return value === null || max === null ? null : Math.min(max, Math.round(value * 10) / 10);
  };
  return json(200, {
    count: bins.reduce((sum, { count }) => sum + count, 0),
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    p99_ms: at(0.99),
    max_ms: max,
    relative_error: RELATIVE_ERROR,
    ...freshness,
    source: sourceOf(segments),
  });
}

async function prepare(call: RangeCall) {
  const { deps, query } = call;
  const scope = scopeOf(call);
  const { horizon, packedBefore, freshness } = await readFreshness(deps);
  const range = { start: clampStart(query.start, horizon), end: query.end, packedBefore };
  const segments = coverQuestion(isConditional(query.where), range);
  return { scope, segments, range, freshness };
}
