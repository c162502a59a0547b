/** How many distinct values a payload property has. */
import type { Call } from "./api.ts";
import { clientFilter } from "./client-filter.ts";
import type * as contract from "./contract/properties.ts";
import { readFreshness } from "./freshness.ts";
import { clampStart } from "./horizon.ts";
import { type ApiResponse, json } from "./http.ts";
import { estimateDistinct, RELATIVE_ERROR } from "./hyperloglog.ts";
import { Problem } from "./problem.ts";
import { countAtMost } from "./sql/count-at-most.ts";
import { type Bucketing, type DistinctCount, distinctValues } from "./sql/distinct-values.ts";
import { knowsTimeZone } from "./sql/knows-time-zone.ts";
import { sketchDistinct } from "./sql/sketch-distinct.ts";
import { shortenTime } from "./time.ts";

/** Up to this many events are counted exactly; why so many is in docs/decisions/0014-uniques.md. */
const EXACT_EVENTS = 1_000_000;
/** Most buckets of an answer: hours of 400 days are 9,600. */
const MAX_BUCKETS = 10_000;

/**
 * @param exactEvents up to how many events, whatever their properties, the answer is exact
 * @throws {Problem} `insufficient-scope`, `query-too-broad`, `invalid-parameter` for a time zone that is none
 */
export async function getUniques(
  call: Call<typeof contract.getUniques>,
  exactEvents = EXACT_EVENTS,
): Promise<ApiResponse> {
  const { deps, query } = call;
  const { sql } = deps;
  const { event_type: eventType, start, end, where, property, interval, tz } = query;
  const clientId = clientFilter(call);
  const bucketing: Bucketing = interval === undefined ? null : { interval, tz };
  if (bucketing && !(await knowsTimeZone(sql, tz))) throw unknownTimeZone();

  const { horizon, ...freshness } = await readFreshness(deps);
  const range = { clientId, eventType, start: clampStart(start, horizon), end };
  const exact = (await countAtMost(sql, range, exactEvents + 1)) <= exactEvents;
  const counts = exact
    ? await distinctValues(sql, { ...range, where }, property, bucketing, MAX_BUCKETS)
    : estimates(await sketchDistinct(sql, { ...range, where }, property, bucketing, MAX_BUCKETS));
  const buckets = counts.flatMap(({ bucket, count }) =>
    bucket === null ? [] : { bucket: shortenTime(bucket), count },
  );
  if (buckets.length > MAX_BUCKETS)
    throw new Problem(
      "query-too-broad",
      `There are more than ${MAX_BUCKETS} buckets; narrow start and end, or ask for a longer interval.`,
    );
  return json(200, {
    count: counts.find(({ bucket }) => bucket === null)?.count ?? 0,
    ...(bucketing && { buckets }),
    method: exact ? "exact" : "hyperloglog",
    relative_error: exact ? 0 : Number(RELATIVE_ERROR.toFixed(4)),
    ...freshness,
    source: "raw",
  });
}

const unknownTimeZone = (): Problem =>
  new Problem("invalid-parameter", "Not valid: tz.", {
    errors: [{ parameter: "tz", detail: "must be the name of a time zone, such as Europe/Berlin" }],
  });

const estimates = (registers: Awaited<ReturnType<typeof sketchDistinct>>): DistinctCount[] =>
  [...Map.groupBy(registers, ({ bucket }) => bucket)].map(([bucket, rows]) => ({
    bucket,
    count: estimateDistinct(new Map(rows.map(({ rank, count }) => [rank, count]))),
  }));
