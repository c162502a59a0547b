/** Counts events by calendar bucket. */

import { setImmediate as nextTurn } from "node:timers/promises";
import { DAY_MS, FIRST_MS, type Instant, instantOf } from "../base/time.ts";
import { localTime } from "../base/time-zone.ts";
import type { Call } from "../http/call.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import { Problem } from "../http/problem.ts";
import type { Stores } from "../storage/freshness.ts";
import { readFreshness } from "../storage/freshness.ts";
import { clampStart } from "../storage/horizon.ts";
import { cutRange, type Interval } from "./calendar.ts";
import type * as contract from "./contract.ts";
import { measuringOf } from "./measures.ts";
import {
  groupingsOf,
  type MeasuredGroup,
  type Measurement,
  type Measuring,
  measureGroups,
  measurementIn,
} from "./measuring.ts";
import { coverQuestion, isConditional, scopeOf, sourceOf } from "./scope.ts";
import { type Counted, countSeries, type Group } from "./sql/sum-events.ts";

/** Maximum counts in a response; each takes about 100 bytes of the 6 MB that a function may return. */
const MOST_CELLS = 20_000;
const MOST_BUCKETS = 10_000;

/** Length of the range if the query has no `start`. */
const SPAN_MS: Readonly<Record<Interval, number>> = {
  minute: 3_600_000,
  hour: DAY_MS,
  day: 30 * DAY_MS,
  week: 182 * DAY_MS,
  month: 365 * DAY_MS,
};

/**
 * @throws {Problem} `insufficient-scope`, `query-too-broad`; `invalid-parameter` for more than `MOST_BUCKETS`, and as
 * `measuringOf`
 */
export async function getSeries(call: Call<Stores, typeof contract.getSeries>): Promise<ApiResponse> {
  const { deps, query } = call;
  const { interval, tz, by, order, limit } = query;
  const measuring = await measuringOf(call);
  const end = query.end ?? instantOf(Date.now());
  const start = query.start ?? instantOf(Math.max(FIRST_MS, end.ms - SPAN_MS[interval]));
  const starts = bucketsOf(start, end, interval, tz, by === undefined ? 1 : limit);
  const { horizon, packedBefore, freshness } = await readFreshness(deps);
  const visible = { start: clampStart(start, horizon), end, packedBefore };
  const range = { interval, tz, start: start.text, end: end.text };
  if (measuring) {
    const grouped = by && { by, order, limit };
    const { groups, source } = await measureGroups(deps, measuring, { ...visible, starts, grouped });
    const buckets = starts.map((ms) => localTime(ms, tz));
    const series = measuredInTime(buckets, measuring, grouped ? groups : [groups[0]]);
    return json(200, { ...range, series, ...measuring.also, ...freshness, source });
  }
  const grouped = by && { by: groupingsOf(by), order, limit };
  const segments = coverQuestion(isConditional(query.where), visible, starts.slice(1));
  const scope = scopeOf(call);
  const [groups, buckets] = await Promise.all([
    segments.length > 0 ? countSeries(deps.sql, segments, scope, starts, grouped) : [],
    // Computed while PostgreSQL works: the statement leaves before the next turn of the event loop, and a month of hours takes 1 ms.
    nextTurn().then(() => starts.map((ms) => localTime(ms, tz))),
  ]);
  const series = inTime(buckets, grouped || groups.length > 0 ? groups : [{ counts: [] }]);
  return json(200, withSeries(range, series, { ...freshness, source: sourceOf(segments) }));
}

function bucketsOf(start: Instant, end: Instant, interval: Interval, tz: string, groups: number): number[] {
  const most = Math.min(MOST_BUCKETS, Math.floor(MOST_CELLS / groups));
  const { starts, cut } = cutRange(start, end, interval, tz, most);
  if (!cut) return starts;
  const detail = `the range has more than ${most} buckets; use a longer interval or a shorter range`;
  throw new Problem("invalid-parameter", "Invalid parameter: interval.", {
    errors: [{ parameter: "interval", detail }],
  });
}

interface Cell extends Group, Measurement {
  /** Start of the bucket. */
  bucket: string;
}

/**
 * The JSON texts of every bucket of every group, in order of time, such as `{"bucket":"…","event_type":"a.b","count":3}`. From objects,
 * `JSON.stringify` takes twice as long for the 7,200 counts of a month by hour and type.
 */
function inTime(buckets: readonly string[], groups: readonly Counted[]): string {
  const named = groups.map(({ counts, ...names }) => ({
    counts,
    // Without the brace that opens it, after a bucket.
    text: JSON.stringify({ ...names, count: 0 }).slice(1, -"0}".length),
  }));
  let cells = "";
  for (const [index, bucket] of buckets.entries()) {
    const head = `{"bucket":"${bucket}",`;
    for (const { counts, text } of named) cells += `${head}${text}${counts[index] ?? 0}},`;
  }
  return cells.slice(0, -1);
}

/** The JSON text of a response, whose members are in this order. @param series JSON texts, separated by commas */
const withSeries = (before: object, series: string, after: object): string =>
  `${JSON.stringify(before).slice(0, -1)},"series":[${series}],${JSON.stringify(after).slice(1)}`;

/** Like `inTime`, with what was measured. @param groups undefined for the only group, if it has no events */
const measuredInTime = (
  starts: readonly string[],
  measuring: Measuring,
  groups: readonly (MeasuredGroup | undefined)[],
): Cell[] =>
  starts.flatMap((bucket, index) =>
    groups.map((group) => ({ bucket, ...group?.names, ...measurementIn(measuring, group, index) })),
  );
