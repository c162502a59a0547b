/** The change feed: events in the order in which they were stored, for readers that follow. See docs/decisions/0040. */
import { setTimeout as sleep } from "node:timers/promises";
import { clientFilter } from "../auth/client-filter.ts";
import type { Config } from "../config/config.ts";
import type { Call } from "../http/call.ts";
import { decodeCursor, encodeCursor, invalidCursor, isTextPart, type PartCheck } from "../http/cursor.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import type { Database } from "../postgres/client.ts";
import type * as contract from "./contract.ts";
import { MAX_PAGE_LENGTH, storedJson, wasRead } from "./events.ts";
import { type FeedFilter, type FeedPlace, readFeed, readFeedState, readLatest } from "./sql/feed.ts";
import { enterWaiting } from "./waiting-calls.ts";

export interface FeedDeps {
  sql: Database;
  config: Pick<Config, "feedMaxWaiting">;
}

/** Value of `after` for a reader that wants only what is stored from now on. */
export const LATEST = "latest";

/** Pauses between looks at the database while a reader waits, in milliseconds. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** Reserved of the function's time for the last look and the response. */
const RESERVE_MS = 2_000;

/** Entries that one statement compares with a filter at most. */
const FILTERED_ENTRIES = 2_000;
/** Entries that one statement reads at least: those of hidden events count too. */
const LEAST_ENTRIES = 100;
/** How long a call looks for events that match, if it does not wait for longer. */
const SEARCH_MS = 5_000;

const BEGINNING: FeedPlace = { position: "0", clientId: "", number: 0 };

/** Kind, history of the database, and the place of the last event. */
const KIND = "feed";
const isPosition: PartCheck = (part) => /^\d{1,18}$/.test(part);
const FEED_CURSOR: readonly [PartCheck, PartCheck, PartCheck, PartCheck, PartCheck] = [
  (part) => part === KIND,
  (part) => /^[0-9a-f]{12}$/.test(part),
  isPosition,
  isTextPart,
  (part) => /^\d{1,9}$/.test(part),
];

/**
 * A page of the feed. If nothing comes after the cursor, waits at most `wait` seconds, without a connection.
 * @throws {Problem} `invalid-parameter`, `insufficient-scope`, `overloaded`, `query-too-broad`
 */
export async function readChangeFeed(call: Call<FeedDeps, typeof contract.listEvents>): Promise<ApiResponse> {
  const { deps, query, request, caller } = call;
  const filter = { clientId: clientFilter(call), eventType: query.event_type, where: query.where };
  const { history, ...start } = await begin(deps.sql, filter.clientId, query.after);
  const begun = Date.now();
  const endsAt = (request.endsAt ?? Number.POSITIVE_INFINITY) - RESERVE_MS;
  const waitUntil = Math.min(begun + query.wait * 1_000, endsAt);
  const searchUntil = Math.min(Math.max(begun + SEARCH_MS, waitUntil), endsAt);
  let { after, end } = start;
  let leave: (() => void) | undefined;
  try {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      const page = await search(deps.sql, filter, { after, end, limit: query.limit, until: searchUntil });
      after = page.after;
      const left = waitUntil - Date.now();
      if (page.events.length > 0 || left <= 0) return respond(page.events, encode(history, after));
      leave ??= enterWaiting(caller.clientId, deps.config.feedMaxWaiting);
      await sleep(Math.min(pause, left));
      end = (await readFeedState(deps.sql, filter.clientId, after)).end;
    }
  } finally {
    leave?.();
  }
}

const respond = (events: readonly string[], cursor: string): ApiResponse =>
  json(200, `{"events":[${events.join(",")}],"next_cursor":"${cursor}"}`);

/**
 * Where a call reads from, and how far.
 * @param given the parameter `after`
 * @throws {Problem} `invalid-parameter`
 */
async function begin(
  sql: Database,
  clientId: string | null,
  given: string | undefined,
): Promise<{ history: string; after: FeedPlace; end: string | null }> {
  if (given === LATEST) {
    const { history, position } = await readLatest(sql);
    return { history, after: afterPosition(position), end: null };
  }
  const cursor = given === undefined ? undefined : decodeFeedCursor(given);
  const after = cursor?.place ?? BEGINNING;
  const state = await readFeedState(sql, clientId, after);
  if (cursor) checkHistory(cursor, state);
  return { history: state.history, after, end: state.end };
}

/**
 * Reads on until events match, the end is reached or the time is over.
 * @returns events as JSON, and the place from which to read on
 */
async function search(
  sql: Database,
  filter: FeedFilter,
  { after, end, limit, until }: { after: FeedPlace; end: string | null; limit: number; until: number },
): Promise<{ events: string[]; after: FeedPlace }> {
  const filtered = filter.eventType !== undefined || filter.where.length > 0;
  const entries = Math.max(limit, filtered ? FILTERED_ENTRIES : LEAST_ENTRIES);
  let place = after;
  while (end !== null) {
    const part = await readFeed(
      sql,
      filter,
      { after: place, end },
      { events: limit, entries, bytes: MAX_PAGE_LENGTH },
    );
    if (part.events.length > 0) {
      const { events, last, full } = cut(part.events);
      // Entries after the last event did not match, so the next page need not read them again.
      const done = !full && events.length < limit;
      return { events, after: done ? (part.last ?? last) : last };
    }
    place = part.last ?? place;
    if (part.entries < entries || Date.now() > until) break;
  }
  return { events: [], after: place };
}

/** As many events as fit, and at least one. */
function cut(rows: Awaited<ReturnType<typeof readFeed>>["events"]): {
  events: string[];
  last: FeedPlace;
  full: boolean;
} {
  const events: string[] = [];
  let length = 0;
  let last = BEGINNING;
  for (const row of rows) {
    const text = wasRead(row) ? storedJson(row) : undefined;
    length += text?.length ?? 0;
    const full = text === undefined || length > MAX_PAGE_LENGTH;
    if (full && events.length > 0) return { events, last, full };
    if (text === undefined) throw new Error("The first event of a page has no payload.");
    events.push(text);
    last = { position: row.position, clientId: row.client_id, number: row.number };
  }
  return { events, last, full: false };
}

/** The place after everything at a position and before the next. */
const afterPosition = (position: string): FeedPlace => ({
  position: String(BigInt(position) + 1n),
  clientId: "",
  number: 0,
});

const encode = (history: string, { position, clientId, number }: FeedPlace): string =>
  encodeCursor([KIND, history, position, clientId, String(number)]);

/** @throws {Problem} `invalid-parameter` */
function decodeFeedCursor(cursor: string): { history: string; place: FeedPlace } {
  const [, history, position, clientId, number] = decodeCursor(cursor, FEED_CURSOR, "after");
  return { history, place: { position, clientId, number: Number(number) } };
}

/** @throws {Problem} `invalid-parameter` if the database has never given out the cursor's position */
function checkHistory(
  { history, place }: { history: string; place: FeedPlace },
  state: { history: string; given: string },
): void {
  // The place after the last position is that of a reader that began with `after=latest`.
  if (history === state.history && BigInt(place.position) <= BigInt(state.given) + 1n) return;
  throw invalidCursor(
    "after",
    "is from another history of the database, which has been restored from a backup or moved; begin without it, or with after=latest",
  );
}
