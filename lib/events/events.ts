/** Reads events. Payloads pass through as text, so that numbers keep their digits. */

import { clientFilter } from "../auth/client-filter.ts";
import { eventKey } from "../base/ids.ts";
import { shortenTime } from "../base/time.ts";
import { fromStoredTrace } from "../base/trace-context.ts";
import type { Call } from "../http/call.ts";
import { decodeCursor, encodeCursor, isTextPart, isTimePart, linkNext } from "../http/cursor.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import { Problem } from "../http/problem.ts";
import type { Database } from "../postgres/client.ts";
import { findQuarantined, type QuarantinedEvent } from "../quarantine/sql/quarantined.ts";
import { parseLine } from "../queue/message.ts";
import { clampStart } from "../storage/horizon.ts";
import { readClock } from "../storage/sql/horizon.ts";
import type * as contract from "./contract.ts";
import { startOfNewest } from "./newest.ts";
import { findEvent } from "./sql/find-event.ts";
import { type ListedEventRow, streamEvents } from "./sql/list-events.ts";
import type { StoredEventRow } from "./sql/stored-event.ts";

/** Time, id and client of the last event shown. */
export const EVENT_CURSOR = [isTimePart, isTextPart, isTextPart] as const;

/**
 * Maximum characters of a page's events; a page of large events ends before its limit. A Lambda function's response is
 * at most 6 MiB, in which each quotation mark of the body takes two bytes and other characters up to three.
 */
export const MAX_PAGE_LENGTH = 2_000_000;

/** Events, newest first. @throws {Problem} `invalid-parameter`, `insufficient-scope`, `query-too-broad` */
export async function listNewest(
  call: Call<{ sql: Database }, typeof contract.listEvents>,
): Promise<ApiResponse> {
  const { deps, query, request } = call;
  const { event_id: id, event_type: eventType, start, end, where, limit } = query;
  const event = id === undefined ? undefined : { id, key: eventKey(id) };
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, EVENT_CURSOR);
  const clientId = clientFilter(call);
  const { horizon, nowMs } = await readClock(deps.sql);
  const filter = { clientId, event, eventType, start: clampStart(start, horizon), end, where, after };
  // One row beyond the limit shows whether there is a next page.
  const limits = { rows: limit + 1, bytes: MAX_PAGE_LENGTH };
  const from = await startOfNewest(deps.sql, filter, limits.rows, nowMs);
  const { events, cursor } = await cutPage(streamEvents(deps.sql, filter, limits, from), limit);
  const body = `{"events":[${events.join(",")}],"next_cursor":${JSON.stringify(cursor)}}`;
  return json(200, body, linkNext(request, cursor));
}

/** As many events as fit, and at least one. */
async function cutPage(
  pages: AsyncIterable<readonly ListedEventRow[]>,
  limit: number,
): Promise<{ events: string[]; cursor: string | null }> {
  const events: string[] = [];
  let length = 0;
  let last: StoredEventRow | undefined;
  for await (const page of pages)
    for (const row of page) {
      const text = wasRead(row) ? storedJson(row) : undefined;
      length += text?.length ?? 0;
      const full = text === undefined || events.length === limit || length > MAX_PAGE_LENGTH;
      if (last !== undefined && full) return { events, cursor: cursorAfter(last) };
      if (!wasRead(row) || text === undefined) throw new Error("The first event of a page has no payload.");
      events.push(text);
      last = row;
    }
  return { events, cursor: null };
}

/** False for a row beyond the byte limit of its list. */
export const wasRead = (row: ListedEventRow): row is StoredEventRow => row.payload !== null;

/** A cursor that leads to what follows an event. */
export const cursorAfter = (row: ListedEventRow): string =>
  encodeCursor([row.event_time, row.event_id, row.client_id]);

/**
 * One event, stored or quarantined. A redrive may move it out of quarantine between the two queries, so a third query is
 * needed before the answer `not-found`.
 * @throws {Problem} `not-found`, `insufficient-scope`
 */
export async function getEvent(
  call: Call<{ sql: Database }, typeof contract.getEvent>,
): Promise<ApiResponse> {
  const { sql } = call.deps;
  const id = call.params.event_id;
  const key = eventKey(id);
  const clientId = clientFilter(call);
  const stored = async (): Promise<string | undefined> => {
    const row = await findEvent(sql, id, key, clientId);
    return row && storedJson(row);
  };
  const quarantined = async (): Promise<string | undefined> => {
    const rows = await findQuarantined(sql, key, clientId);
    return rows.map((row) => quarantinedJson(row, id)).find((text) => text !== undefined);
  };
  const event = (await stored()) ?? (await quarantined()) ?? (await stored());
  if (event === undefined) throw new Problem("not-found", "The event does not exist.");
  return json(200, event);
}

/** A stored event as JSON text. */
export const storedJson = (row: StoredEventRow): string =>
  withPayload(
    {
      client_id: row.client_id,
      event_id: row.event_id,
      event_type: row.event_type,
      timestamp: shortenTime(row.event_time),
      received_at: shortenTime(row.received_at),
      processed_at: shortenTime(row.processed_at),
      processing_latency_ms: row.latency_ms,
      status: "stored",
      receipt_id: row.receipt_id,
      ...traceOf(row),
    },
    row.payload,
  );

/** @returns undefined for a line that can't be parsed, or that has another event whose id has the same key */
function quarantinedJson(row: QuarantinedEvent, id: string): string | undefined {
  const event = readQuarantined(row.event);
  if (event?.eventId !== id) return undefined;
  return withPayload(
    {
      client_id: row.client_id,
      event_id: event.eventId,
      event_type: event.eventType,
      timestamp: event.timestamp,
      received_at: shortenTime(row.received_at),
      processed_at: null,
      processing_latency_ms: null,
      status: "quarantined",
      receipt_id: row.receipt_id,
      ...traceOf(row),
      reason: row.reason,
    },
    isJson(event.payload) ? event.payload : "{}",
  );
}

function readQuarantined(line: Buffer): ReturnType<typeof parseLine> | undefined {
  try {
    return parseLine(line.toString());
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const traceOf = ({ trace }: { trace: string }): { traceparent?: string } =>
  trace === "" ? {} : { traceparent: fromStoredTrace(trace) };

const withPayload = (members: object, payload: string): string =>
  `${JSON.stringify(members).slice(0, -1)},"payload":${payload}}`;
