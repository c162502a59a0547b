/**
 * Format of queue messages. The first line is a JSON header; each further line is one event: a JSON array
 * `[event_id, event_type, timestamp]`, a tab, and the payload's JSON text. JSON text contains neither a raw tab nor a raw
 * line break, so the worker splits lines without parsing payloads, and their digits reach the table unchanged.
 *
 * An event that its sender could not be told is invalid has `!`, the JSON array `[reason, detail]` and a tab before its line;
 * the worker puts it into quarantine. The version before can't parse such a line, and puts all of it there as unreadable.
 */

import type { TraceFields } from "../base/trace-context.ts";
import type { Place } from "../pending/place.ts";
import type { Change } from "../trail/entry.ts";
import type { Outgoing } from "./port.ts";

/** What is known of a call before it is processed. */
export interface AuditCall {
  method: string;
  /** The route's template, such as `/v1/events/{event_id}`, or `$default`. */
  route: string;
  path: string;
  address: string | null;
  user_agent: string | null;
  bytes_in: number;
}

/** A call as the audit log records it, without its time and id. */
export interface AuditRow extends AuditCall {
  /** Null if the row was queued with the call's events, before the response existed. */
  bytes_out: number | null;
  client_id: string | null;
  key_prefix: string | null;
  status: number;
  duration_ms: number;
  /** What an administrator's call changed; absent if it changed nothing. */
  change?: Change;
}

/** One finding of the scheduled health check that could not be written to the database directly. */
export interface HealthRow {
  at: string;
  status: string;
  checks: unknown;
}

/** Members that an earlier version does not know are ignored there. The trace context is that of the request. */
export interface Header extends TraceFields {
  v: 1;
  /** Id of the request, which is also the id of its receipt. */
  id: string;
  /** When the gateway received the request, in milliseconds since the Unix epoch. */
  at: number;
  audit?: AuditRow;
  /** Number of events that follow; absent if the request was not accepted, and so has no receipt. */
  accepted?: number;
  /** Number of this message within the request, from 0, and how many there are; absent if it is the only one. */
  part?: number;
  parts?: number;
  /** The events' client if the message has no audit row: only one of a request's messages carries it. */
  client?: string;
  health?: HealthRow;
  /** Ids of requests whose audit rows could not be queued, and are in the log of the instance that sent this. */
  unqueued?: readonly string[];
  /** The audit row was recovered from a log. */
  recovered?: true;
  /** The client whose redriven events follow. */
  redrive?: string;
}

/** A header with an audit row. */
export type AuditHeader = Header & Required<Pick<Header, "audit">>;

export const placeName = ({ id, part }: Place): string => `${id} ${part}`;

/** An event in a message: normalised, with its payload as JSON text. */
export interface EventLine {
  eventId: string;
  eventType: string;
  /** RFC 3339 in UTC. */
  timestamp: string;
  payload: string;
}

export interface ParsedMessage {
  header: Header;
  lines: string[];
}

export const toLine = (event: EventLine): string =>
  `${JSON.stringify([event.eventId, event.eventType, event.timestamp])}\t${event.payload}`;

/** Why an event goes into quarantine instead of being stored. */
export interface SetAside {
  /** A problem's code. */
  reason: string;
  detail: string;
  /** The event's line. */
  line: string;
}

const ASIDE = "!";

export const toSetAside = ({ reason, detail, line }: SetAside): string =>
  `${ASIDE}${JSON.stringify([reason, detail])}\t${line}`;

/** @returns undefined for an event that was not set aside. @throws {SyntaxError} if it does not say why */
export function parseSetAside(line: string): SetAside | undefined {
  if (!line.startsWith(ASIDE)) return undefined;
  const tab = line.indexOf("\t");
  const why: unknown = JSON.parse(line.slice(ASIDE.length, Math.max(0, tab)));
  if (!Array.isArray(why)) throw new SyntaxError("A line of the message does not say why it was set aside.");
  return { reason: String(why[0]), detail: String(why[1]), line: line.slice(tab + 1) };
}

/** @throws {SyntaxError} if the line does not have the format of `toLine` */
export function parseLine(line: string): EventLine {
  const tab = line.indexOf("\t");
  if (tab < 0) throw new SyntaxError("A line of the message has no payload.");
  const head: unknown = JSON.parse(line.slice(0, tab));
  if (!isHead(head)) throw new SyntaxError("A line of the message does not begin with an event.");
  const [eventId, eventType, timestamp] = head;
  return { eventId, eventType, timestamp, payload: line.slice(tab + 1) };
}

const isHead = (value: unknown): value is [string, string, string] =>
  Array.isArray(value) && value.length === 3 && value.every((part) => typeof part === "string");

/** A message without events. */
export const headerMessage = (header: Header): Outgoing => ({
  body: JSON.stringify(header),
  events: 0,
  group: header.health ? "(health)" : "(audit)",
});

/** The start of a header; the script that enqueues an ingest request appends the rest. */
export function openHeader({
  id,
  at,
  unqueued,
  traceparent,
  tracestate,
}: Pick<Header, "id" | "at" | "unqueued" | keyof TraceFields>): string {
  return JSON.stringify({ v: 1, id, at, unqueued, traceparent, tracestate }).slice(0, -1);
}

/** The next part of a header: the start of the audit row; that script appends the outcome (client to bytes out). */
export const openAudit = (call: AuditCall): string => `,"audit":${JSON.stringify(call).slice(0, -1)},`;

/** Number of events in a message's body: its lines after the header. */
export function countEvents(body: string): number {
  let events = 0;
  for (let at = body.indexOf("\n"); at >= 0; at = body.indexOf("\n", at + 1)) events++;
  return events;
}

/** The client of a body's accepted events; undefined if it has none or is not a message. */
export function clientOfBody(body: string): string | undefined {
  try {
    const { header } = parseMessage(body);
    return header.accepted === undefined ? undefined : ownerOf(header);
  } catch {
    return undefined;
  }
}

/** The client of a message's events. */
export const ownerOf = ({ client, audit }: Header): string | undefined =>
  client ?? audit?.client_id ?? undefined;

/** @throws {SyntaxError} if the body is not a message of this version */
export function parseMessage(body: string): ParsedMessage {
  const [first = "", ...lines] = body.split("\n");
  const header = JSON.parse(first) as Header;
  if (header.v !== 1 || typeof header.id !== "string" || typeof header.at !== "number")
    throw new SyntaxError("The message's version is not 1.");
  return { header, lines };
}
