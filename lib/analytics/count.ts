/** Counts events from rollups, and from raw rows at the edges of a range that are not on a minute. */

import { clientFilter } from "../auth/client-filter.ts";
import type { Instant } from "../base/time.ts";
import type { Call } from "../http/call.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import type { Condition } from "../query/where.ts";
import type { Stores } from "../storage/freshness.ts";
import { readFreshness } from "../storage/freshness.ts";
import { clampStart } from "../storage/horizon.ts";
import type * as contract from "./contract.ts";
import { percentile, RELATIVE_ERROR } from "./ddsketch.ts";
import { measureGroups, measureOf, NOTHING } from "./measures.ts";
import { coverRange, type Segment } from "./range.ts";
import type { EventScope } from "./sql/event-parts.ts";
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

/** Counts events. @throws {Problem} `insufficient-scope`, `query-too-broad`, `invalid-parameter` as `measureOf` */
export async function countEvents(call: Call<Stores, typeof contract.countEvents>): Promise<ApiResponse> {
  const asked = measureOf(call.query);
  const { segments, scope, freshness } = await prepare(call, asked !== undefined);
  if (asked) {
    const [group] = await measureGroups(call.deps, asked, { segments, scope });
    return json(200, { ...(group?.buckets.get(0) ?? NOTHING), ...freshness, source: "raw" });
  }
  const count = segments.length > 0 ? await sums.countEvents(call.deps.sql, segments, scope) : 0;
  return json(200, { count, ...freshness, source: sourceOf(segments) });
}

/** Counts events by client, type, or both. @throws {Problem} the same as `countEvents` */
export async function groupEvents(call: Call<Stores, typeof contract.groupEvents>): Promise<ApiResponse> {
  const asked = measureOf(call.query);
  const { segments, scope, freshness } = await prepare(call, asked !== undefined);
  if (asked) {
    const measured = await measureGroups(call.deps, asked, { segments, scope, grouped: call.query });
    const groups = measured.map(({ buckets, ...names }) => ({ ...names, ...buckets.get(0) }));
    return json(200, { groups, ...freshness, source: "raw" });
  }
  const groups =
    segments.length > 0 ? await sums.groupEvents(call.deps.sql, segments, scope, call.query) : [];
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

/** @param raw whether rollups can't answer, see `coverQuestion` */
async function prepare(call: RangeCall, raw = false) {
  const { deps, query } = call;
  const scope = scopeOf(call);
  const { horizon, ...freshness } = await readFreshness(deps);
  const start = clampStart(query.start, horizon);
  const segments = coverQuestion(raw || isConditional(query.where), start, query.end);
  return { scope, segments, freshness };
}

export const scopeOf = (call: RangeCall): EventScope => ({
  clientId: clientFilter(call),
  eventTypes: call.query.event_type,
  where: call.query.where,
});

export const isConditional = (where: readonly Condition[] | undefined): boolean =>
  where !== undefined && where.length > 0;

/** @param raw reads raw rows only: rollups hold no payloads, so they know neither conditions nor measures */
export function coverQuestion(
  raw: boolean,
  start: Instant,
  end: Instant | undefined,
  cuts: readonly number[] = [],
): Segment[] {
  const segments = coverRange(start, end, cuts);
  if (!raw || segments.length === 0) return segments;
  return [{ grain: "raw", from: start.text, to: end?.text ?? "infinity" }];
}

/** The kind of rows that were read; "rollup" for an empty range, which reads nothing. */
export function sourceOf(segments: readonly Segment[]): "rollup" | "raw" | "mixed" {
  const raw = segments.filter(({ grain }) => grain === "raw").length;
  if (raw === 0) return "rollup";
  return raw === segments.length ? "raw" : "mixed";
}
