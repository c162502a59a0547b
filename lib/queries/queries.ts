/** Queries: create, get, list, delete. */
import type { z } from "zod";
import { isUuid, uuidv7 } from "../base/ids.ts";
import { shortenTime } from "../base/time.ts";
import { bodyText } from "../http/body.ts";
import type { Call, Caller } from "../http/call.ts";
import { decodeCursor, encodeCursor, isTimePart, linkNext } from "../http/cursor.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import { Problem } from "../http/problem.ts";
import type { Database } from "../postgres/client.ts";
import { readFreshness, type Stores } from "../storage/freshness.ts";
import { readClock } from "../storage/sql/horizon.ts";
import { advanceQuery, forgetKeys } from "./advance.ts";
import type * as contract from "./contract.ts";
import { type PartSizes, planQuery, SIZES } from "./plan.ts";
import { KEPT_MS, partsOf } from "./question.ts";
import {
  dropOldQueries,
  findQuery,
  insertQuery,
  type QueryRow,
  removeQuery,
  selectQueries,
  stopQuery,
} from "./sql/queries.ts";

/** Limits of one client. */
const MOST_RUNNING = 10;
const MOST_KEPT = 100;

/** Longest time in which a call deletes the keys of a query, in milliseconds, before it deletes the query. */
const DELETE_MS = 20_000;

/** Time and id of the last query shown. */
const CURSOR = [isTimePart, isUuid] as const;

/** @throws {Problem} `conflict` if the client has too many that run; `insufficient-scope`; `query-too-broad` */
export async function createQuery(
  call: Call<Stores, typeof contract.createQuery>,
  sizes: PartSizes = SIZES,
): Promise<ApiResponse> {
  const { deps, caller, body, request } = call;
  const { freshness } = await readFreshness(deps);
  const { nowMs: now, horizon } = await readClock(deps.sql);
  const { events, ...plan } = await planQuery(deps.sql, caller, body, { horizon, now, sizes });
  const parts = partsOf(plan);
  if (body.dry_run) return json(200, { cost: { events, parts } });
  const queryId = uuidv7(now);
  const askedBy = ownerOf(caller);
  await dropOldQueries(deps.sql, askedBy, MOST_KEPT - 1);
  const query = {
    ...{ queryId, askedBy, kind: body.kind, request: bodyText(request), question: JSON.stringify(plan) },
    ...{ events, parts, asOf: freshness.as_of, createdAt: new Date(now).toISOString() },
  };
  if (!(await insertQuery(deps.sql, query, MOST_RUNNING)))
    throw new Problem(
      "conflict",
      `${MOST_RUNNING} queries of the client are running: get them until they end, or delete one.`,
    );
  const row = await findQuery(deps.sql, queryId, null);
  return json(202, toJson(row ?? notThere()), { location: `/v1/queries/${queryId}` });
}

/** Works on the query too. @throws {Problem} `not-found`, also for another client's */
export async function getQuery(call: Call<Stores, typeof contract.getQuery>): Promise<ApiResponse> {
  const { deps, caller, params, query } = call;
  const endsAt = Date.now() + query.wait * 1_000;
  const row = isUuid(params.query_id)
    ? await advanceQuery(deps.sql, params.query_id, visibleTo(caller), endsAt)
    : undefined;
  return json(200, toJson(row ?? notThere()));
}

/** @throws {Problem} `invalid-parameter` for an invalid cursor */
export async function listQueries(call: Call<Stores, typeof contract.listQueries>): Promise<ApiResponse> {
  const { limit, cursor } = call.query;
  const after = cursor === undefined ? undefined : decodeCursor(cursor, CURSOR);
  // One row more than requested shows whether there is a next page.
  const rows = await selectQueries(call.deps.sql, visibleTo(call.caller), after, limit + 1);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const next = last ? encodeCursor([last.created_at, last.query_id]) : null;
  const body = `{"queries":[${shown.map(toJson).join(",")}],"next_cursor":${JSON.stringify(next)}}`;
  return json(200, body, linkNext(call.request, next));
}

/**
 * A part that is under way ends within seconds, and is forgotten. The keys of a funnel are deleted first, since that may take longer
 * than the time-out of other statements.
 * @throws {Problem} `not-found`
 */
export async function deleteQuery(
  call: Call<{ sql: Database }, typeof contract.deleteQuery>,
): Promise<ApiResponse> {
  const { query_id: queryId } = call.params;
  const { sql } = call.deps;
  const askedBy = visibleTo(call.caller);
  if (!isUuid(queryId) || !(await stopQuery(sql, queryId, askedBy))) notThere();
  await forgetKeys(sql, queryId, Date.now() + DELETE_MS);
  await removeQuery(sql, queryId, askedBy);
  return { status: 204, headers: {}, body: "" };
}

function notThere(): never {
  throw new Problem("not-found", "The query does not exist.");
}

function ownerOf({ clientId }: Caller): string {
  if (clientId === null) throw new Error("A caller without a client reached a query.");
  return clientId;
}

const visibleTo = (caller: Caller): string | null => (caller.admin ? null : ownerOf(caller));

type Query = Omit<z.output<(typeof contract.createQuery.responses)[202]>, "request" | "result">;

/** As JSON text: values in a result keep their digits. */
function toJson(row: QueryRow): string {
  const query: Query = {
    query_id: row.query_id,
    kind: row.kind as Query["kind"],
    status: row.status,
    cost: { events: row.events, parts: row.parts },
    parts_done: row.parts_done,
    created_at: shortenTime(row.created_at),
    updated_at: shortenTime(row.updated_at),
    expires_at: new Date(Date.parse(row.created_at) + KEPT_MS).toISOString(),
    as_of: row.as_of && shortenTime(row.as_of),
    error: row.error,
  };
  return `${JSON.stringify(query).slice(0, -1)},"request":${row.request},"result":${row.result ?? "null"}}`;
}
