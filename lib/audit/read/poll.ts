/** Follows the audit log in ascending order: by lane and seal, in which nothing appears before what was read. */

import { clientFilter } from "../../auth/client-filter.ts";
import type { Call } from "../../http/call.ts";
import { decodeCursor, encodeCursor } from "../../http/cursor.ts";
import { type ApiResponse, json } from "../../http/gateway.ts";
import type { Database, Executor } from "../../postgres/client.ts";
import type * as contract from "../contract.ts";
import { findDayBounds } from "../sql/find-day-bounds.ts";
import { readTrailEnds, type TrailEnds } from "../sql/read-trail-ends.ts";
import type { SealRange } from "../sql/seals.ts";
import { streamTrail, type TrailRow } from "../sql/stream-trail.ts";
import { auditFilter } from "./filter.ts";
import { toOcsf } from "./ocsf.ts";
import { isLanes, lanesOf, lanesText } from "./plan.ts";

/**
 * Number of the last seal that was read, by lane; the lane that was read last is the last one. The next call begins with the
 * first, so that a busy lane does not keep others waiting.
 */
type Place = Map<number, number>;

/** Maximum time for a call whose filter matches nothing. */
const CALL_MS = 10_000;
/** Seals that one statement reads. A seal has at most a thousand entries, and usually few. */
const SEALS_AT_A_TIME = 200;
/** Longest response, in characters of JSON text. A seal is never divided. */
const MAX_TEXT = 3_000_000;

/** @throws {Problem} `invalid-parameter`, `insufficient-scope` */
export async function followAudit(
  call: Call<{ sql: Database }, typeof contract.followAudit>,
): Promise<ApiResponse> {
  const { deps, query } = call;
  const { after, start, limit, ...others } = query;
  const filter = await auditFilter(deps.sql, others, clientFilter(call));
  const ends = await readTrailEnds(deps.sql);
  const place = await placeOf(deps.sql, ends, after, start?.text);
  const endsAt = Date.now() + CALL_MS;
  const events: string[] = [];
  let length = 0;
  for (const range of rangesOf(ends, place)) {
    const rows: TrailRow[] = [];
    for await (const page of streamTrail(deps.sql, [range], filter)) rows.push(...page);
    const bySeal = Map.groupBy(rows, ({ seal }) => seal);
    for (let seal = range.first; seal <= range.last; seal++) {
      const shown = (bySeal.get(seal) ?? []).filter((row) => row.shown && row.hash !== null);
      const texts = shown.map((row) => JSON.stringify(toOcsf(row)));
      const added = texts.reduce((sum, text) => sum + text.length, 0);
      if (events.length > 0 && (events.length + texts.length > limit || length + added > MAX_TEXT))
        return answer(events, place);
      events.push(...texts);
      length += added;
      place.delete(range.lane);
      place.set(range.lane, seal);
    }
    if (Date.now() > endsAt) break;
  }
  return answer(events, place);
}

/** There is a cursor in each response, since new entries may come at any time. */
const answer = (events: readonly string[], place: Place): ApiResponse =>
  json(
    200,
    `{"events":[${events.join(",")}],"next_cursor":${JSON.stringify(encodeCursor([lanesText(place)]))}}`,
  );

async function placeOf(
  sql: Executor,
  { lanes }: TrailEnds,
  after: string | undefined,
  start: string | undefined,
): Promise<Place> {
  if (after === "latest") return new Map(lanes.map(({ lane, last }) => [lane, last]));
  if (after !== undefined) return lanesOf(decodeCursor(after, [isLanes])[0]);
  // Not from the first seal of all, which may have expired. A lane without seals of these days has nothing to read.
  const bounds = new Map(
    (await findDayBounds(sql, start?.slice(0, 10) ?? null, null)).map((one) => [one.lane, one.first - 1]),
  );
  return new Map(lanes.map(({ lane, last }) => [lane, bounds.get(lane) ?? last]));
}

function* rangesOf({ lanes }: TrailEnds, place: Place): Generator<SealRange> {
  const turns = [...place.keys()];
  const inTurn = lanes.toSorted((a, b) => turns.indexOf(a.lane) - turns.indexOf(b.lane));
  for (const { lane, last } of inTurn)
    for (let first = (place.get(lane) ?? 0) + 1; first <= last; first += SEALS_AT_A_TIME)
      yield { lane, first, last: Math.min(last, first + SEALS_AT_A_TIME - 1) };
}
