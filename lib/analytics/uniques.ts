/** Counts the distinct values of a payload property. */

import { clientFilter } from "../auth/client-filter.ts";
import { instantOf, isBefore } from "../base/time.ts";
import { localTime } from "../base/time-zone.ts";
import type { Call } from "../http/call.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import { Problem } from "../http/problem.ts";
import type { Executor } from "../postgres/client.ts";
import type { Stores } from "../storage/freshness.ts";
import { readFreshness } from "../storage/freshness.ts";
import { clampStart } from "../storage/horizon.ts";
import { cutRange, type Interval } from "./calendar.ts";
import { estimateDistinct, RELATIVE_ERROR } from "./hyperloglog.ts";
import type * as contract from "./properties-contract.ts";
import { countAtMost } from "./sql/count-at-most.ts";
import { type DistinctCount, distinctValues } from "./sql/distinct-values.ts";
import { findSpan } from "./sql/find-span.ts";
import type { RawScope } from "./sql/raw-events.ts";
import { sketchDistinct } from "./sql/sketch-distinct.ts";
import { orTooBroad } from "./too-broad.ts";

/** Counts are exact up to this many events; docs/decisions/0014-uniques.md gives the reason. */
const EXACT_EVENTS = 1_000_000;
/** Maximum buckets in a response: 400 days have 9,600 hours. */
const MAX_BUCKETS = 10_000;

/**
 * @param exactEvents counts are exact if the range has at most this many events, whatever their properties
 * @throws {Problem} `insufficient-scope`, `query-too-broad`
 */
export async function getUniques(
  call: Call<Stores, typeof contract.getUniques>,
  exactEvents = EXACT_EVENTS,
): Promise<ApiResponse> {
  const { deps, query } = call;
  const { sql } = deps;
  const { event_type: eventType, start, end, where, property, interval, tz } = query;
  const clientId = clientFilter(call);
  const { horizon, freshness } = await readFreshness(deps);
  const scope = { clientId, eventType, start: clampStart(start, horizon), end };
  const types = eventType === undefined ? null : [eventType];
  const { starts, exact, counts } = await orTooBroad(sql, scope, types, async () => {
    const cut =
      interval === undefined ? { range: scope, starts: [] } : await cutScope(sql, scope, interval, tz);
    const isExact = (await countAtMost(sql, cut.range, exactEvents + 1)) <= exactEvents;
    const bucketing = cut.starts.length === 0 ? null : cut.starts;
    const found = isExact
      ? await distinctValues(sql, { ...cut.range, where }, property, bucketing)
      : estimates(await sketchDistinct(sql, { ...cut.range, where }, property, bucketing));
    return { starts: cut.starts, exact: isExact, counts: found };
  });
  const buckets = counts.flatMap(({ bucket, count }) =>
    bucket === null ? [] : { bucket: localTime(starts[bucket] ?? 0, tz), count },
  );
  return json(200, {
    count: counts.find(({ bucket }) => bucket === null)?.count ?? 0,
    ...(interval !== undefined && { buckets }),
    method: exact ? "exact" : "hyperloglog",
    relative_error: exact ? 0 : Number(RELATIVE_ERROR.toFixed(4)),
    ...freshness,
    source: "raw",
  });
}

/**
 * Splits the span from the scope's first to its last event into buckets. Also returns that span as the range to read, so
 * that an event stored in the meantime can't lie outside the buckets.
 * @returns no starts if there are no events
 * @throws {Problem} `query-too-broad`
 */
async function cutScope(
  sql: Executor,
  scope: RawScope,
  interval: Interval,
  tz: string,
): Promise<{ range: RawScope; starts: readonly number[] }> {
  const span = await findSpan(sql, scope);
  if (span === undefined) return { range: scope, starts: [] };
  const [first, last] = [instantOf(span.first), instantOf(span.last)];
  const start = scope.start && isBefore(first, scope.start) ? scope.start : first;
  const end = scope.end && isBefore(scope.end, last) ? scope.end : last;
  const { starts, cut } = cutRange(start, end, interval, tz, MAX_BUCKETS);
  if (cut)
    throw new Problem(
      "query-too-broad",
      `The range has more than ${MAX_BUCKETS} buckets; use a longer interval or a shorter range.`,
    );
  return { range: { ...scope, start, end }, starts };
}

const estimates = (registers: Awaited<ReturnType<typeof sketchDistinct>>): DistinctCount[] =>
  [...Map.groupBy(registers, ({ bucket }) => bucket)].map(([bucket, rows]) => ({
    bucket,
    count: estimateDistinct(new Map(rows.map(({ rank, count }) => [rank, count]))),
  }));
