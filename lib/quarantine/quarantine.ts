/** Lists events that PostgreSQL rejected or ingest has set aside, and redrives them through the queue. */

import type { z } from "zod";
import { unrecorded } from "../audit/record/change.ts";
import { eventKey, isUuid, uuidv7 } from "../base/ids.ts";
import { shortenTime } from "../base/time.ts";
import type { Changed } from "../http/call.ts";
import { decodeCursor, encodeCursor, isTextPart, isTimePart } from "../http/cursor.ts";
import { outage } from "../http/errors.ts";
import type { ProblemCode } from "../http/problem.ts";
import type { Database, Executor } from "../postgres/client.ts";
import { transaction } from "../postgres/transaction.ts";
import { type EventLine, parseLine } from "../queue/message.ts";
import type { Outgoing, Queue } from "../queue/port.ts";
import type * as contract from "./contract.ts";
import { countQuarantined, listQuarantined, type QuarantinedRow } from "./sql/quarantined.ts";
import { markRedriven, type TakenRow, takeQuarantined } from "./sql/take.ts";

type Page = z.output<(typeof contract.listQuarantine.responses)[200]>;

/** Time, key and client of the last event listed. */
const CURSOR = [isTimePart, isUuid, isTextPart] as const;
/**
 * Most bytes of events in a page. A Lambda response is limited to 6 MiB, and a payload full of quotation marks doubles
 * in size as a JSON string.
 */
const MAX_PAGE_BYTES = 2_000_000;

interface ListOptions {
  client?: string | undefined;
  reason?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/**
 * Lists quarantined events, newest first, one page at a time, with the count per reason (regardless of `reason`).
 * @throws {Problem} `invalid-parameter` for an invalid cursor
 */
export async function listQuarantine({ sql }: { sql: Database }, options: ListOptions): Promise<Page> {
  const { client: clientId, reason, limit, cursor } = options;
  const after = cursor === undefined ? undefined : decodeCursor(cursor, CURSOR);
  const [reasons, { rows, more }] = await Promise.all([
    countQuarantined(sql, clientId),
    listQuarantined(sql, { clientId, reason, after }, limit, MAX_PAGE_BYTES),
  ]);
  const last = more ? rows.at(-1) : undefined;
  return {
    reasons,
    events: rows.map(toShown),
    next_cursor: last ? encodeCursor([last.quarantined_at, last.event_key, last.client_id]) : null,
  };
}

function toShown({ event: bytes, ...row }: QuarantinedRow): Page["events"][number] {
  const event = readLine(bytes)?.event;
  return {
    client_id: row.client_id,
    event_key: row.event_key,
    event_id: event?.eventId ?? null,
    event_type: event?.eventType ?? null,
    timestamp: event?.timestamp ?? null,
    payload: event?.payload ?? null,
    reason: row.reason,
    detail: row.detail,
    received_at: shortenTime(row.received_at),
    quarantined_at: shortenTime(row.quarantined_at),
    receipt_id: row.receipt_id,
  };
}

/** @returns undefined for bytes that are not UTF-8 or not a valid message line */
function readLine(bytes: Buffer): { line: string; event: EventLine } | undefined {
  try {
    const line = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const event = parseLine(line);
    const { eventId, eventType, timestamp } = event;
    const isEvent = [eventId, eventType, timestamp].every((text) => typeof text === "string");
    return isEvent && !line.includes("\n") ? { line, event } : undefined;
  } catch {
    return undefined;
  }
}

interface RedriveOptions {
  client?: string | undefined;
  reason?: string | undefined;
  /** `event_key` values from the list. */
  event_keys?: readonly string[] | undefined;
  /** Most events to redrive. */
  limit: number;
}

type Accepts = (event: EventLine) => boolean;

/** The reason of events that ingest has set aside. */
const SET_ASIDE = "invalid-event" satisfies ProblemCode;
/** Most events and bytes in a message: the limits of an ingest request. */
const MAX_EVENTS = 1_000;
const MAX_BYTES = 1_048_576;
/** Most bytes of events in memory at a time. */
const MAX_TAKEN_BYTES = 8 * MAX_BYTES;

/**
 * Sends quarantined events, oldest first, through the queue again. Concurrent redrives send an event only once, and the
 * worker settles it once however often it is delivered, since it deletes the quarantine row. Unreadable events stay in
 * quarantine.
 * @param accepts whether ingest would accept an event now; those that it has set aside stay in quarantine until it would
 * @returns number of events sent
 * @throws {Problem} `queue-unavailable`: then all are still in quarantine
 */
export async function redrive(
  { sql, queue }: { sql: Database; queue: Queue },
  { client: clientId, reason, event_keys: eventKeys, limit }: RedriveOptions,
  changed: Changed = unrecorded,
  accepts: Accepts = () => true,
): Promise<{ redriven: number }> {
  // After a failure, the rows of events already sent are not marked as redriven. This is harmless: the worker settles
  // them anyway.
  const result = await transaction(sql, async (tx) => {
    let redriven = 0;
    let last: TakenRow | undefined;
    while (redriven < limit) {
      const filter = { clientId, reason, eventKeys, after: last && cursorOf(last) };
      const rows = await takeQuarantined(tx, filter, Math.min(MAX_EVENTS, limit - redriven), MAX_TAKEN_BYTES);
      last = rows.at(-1);
      if (!last) break;
      redriven += await sendBack(tx, queue, rows, accepts);
    }
    return { redriven };
  });
  const { redriven } = result;
  const which = { client: clientId ?? null, reason: reason ?? null, event_keys: eventKeys?.length ?? null };
  if (redriven > 0)
    changed({
      before: { ...which, waiting: redriven, on_their_way: 0 },
      after: { ...which, waiting: 0, on_their_way: redriven },
    });
  return result;
}

const cursorOf = (row: TakenRow) => [row.quarantined_at, row.event_key, row.client_id] as const;

async function sendBack(
  tx: Executor,
  queue: Queue,
  rows: readonly TakenRow[],
  accepts: Accepts,
): Promise<number> {
  const readable = rows.flatMap((row) => {
    const read = readLine(row.event);
    // The worker finds the row only by the id.
    if (!read || eventKey(read.event.eventId) !== row.event_key) return [];
    if (row.reason === SET_ASIDE && !accepts(read.event)) return [];
    return [{ ...row, line: read.line }];
  });
  if (readable.length === 0) return 0;
  await markRedriven(tx, readable);
  await queue.send(toMessages(readable)).catch(outage("queue"));
  return readable.length;
}

/** Packs events into messages of one client each, within the limits of an ingest request. */
function toMessages(rows: readonly (TakenRow & { line: string })[]): Outgoing[] {
  const byClient = Map.groupBy(rows, (row) => row.client_id);
  return [...byClient].flatMap(([clientId, events]) => {
    const batches: string[][] = [];
    let bytes = 0;
    for (const { line, event } of events) {
      const batch = batches.at(-1);
      bytes += event.length + 1;
      if (batch && bytes <= MAX_BYTES && batch.length < MAX_EVENTS) batch.push(line);
      else {
        batches.push([line]);
        bytes = event.length + 1;
      }
    }
    return batches.map((lines) => toMessage(clientId, lines));
  });
}

function toMessage(clientId: string, lines: readonly string[]): Outgoing {
  const now = Date.now();
  const header = JSON.stringify({ v: 1, id: uuidv7(now), at: now, redrive: clientId });
  return { body: [header, ...lines].join("\n"), events: lines.length, group: clientId };
}
