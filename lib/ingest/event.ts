/** One event: its schema, and its conversion from the sent JSON to a message's line. */
import * as z from "zod";
import { hashPlace, type Seed, seenId } from "../base/ids.ts";
import { findUnstorable, numberSource, parseExact } from "../base/json.ts";
import { DAY_MS, parseTime } from "../base/time.ts";
import { cut, describeIssue, isRawNumber } from "../http/issues.ts";
import type { Fault } from "../http/problem.ts";
import { type EventLine, toLine } from "../queue/message.ts";
import { digestEvent, digestValue } from "./digest.ts";

/** Levels of objects and arrays in a payload: far above real payloads, far below what exhausts a parser's stack. */
export const MAX_DEPTH = 100;
/** How far in the future `timestamp` may be, in milliseconds. */
export const MAX_AHEAD_MS = 86_400_000;

export const eventSchema = z
  .strictObject({
    event_id: z.string().min(1).max(200).meta({
      description: "Identifies the event within its client. An event counts once, however often it is sent.",
      example: "order-1001-placed",
    }),
    event_type: z.string().min(1).max(200).meta({ example: "order.placed" }),
    timestamp: z.string().meta({
      format: "date-time",
      description:
        "When the event happened: RFC 3339 with an offset, within the retention period and at most 24 h ahead. Stored to the microsecond.",
      example: "2026-11-23T06:00:00.000Z",
    }),
    payload: z.looseObject({}).meta({
      description: "Any JSON object. Numbers keep their digits, strings their characters.",
      example: { amount: 12.5, currency: "EUR" },
    }),
  })
  .meta({ id: "Event" });

type Event = z.output<typeof eventSchema>;

/** True only if the schema accepts the value. It takes a fifth of the time; the schema also says what is wrong. */
function isEvent(value: unknown): value is Event {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 4) return false;
  const { event_id, event_type, timestamp, payload } = value as Record<string, unknown>;
  return (
    isName(event_id) &&
    isName(event_type) &&
    typeof timestamp === "string" &&
    typeof payload === "object" &&
    payload !== null &&
    !Array.isArray(payload)
  );
}

const isName = (value: unknown): boolean =>
  typeof value === "string" && value.length >= 1 && value.length <= 200;

/** An event that a protocol's room has read. */
export interface SentEvent {
  event: Event;
  /** JSON Pointers, in the sent item, to where its members come from. */
  pointers: Readonly<Record<keyof Event, string>>;
  /** The item has no time, so that of its arrival was taken: each sending has another one. */
  untimed?: true;
}

/** A valid event on its way to the queue. */
export interface IncomingEvent {
  index: number;
  eventId: string;
  /** Its time is that of its arrival, and so does not belong to its content. */
  untimed?: true;
  /** The id as Redis stores it, and its place there. */
  seenId: string;
  place: number;
  /** Digest of everything but the id. */
  digest: string;
  line: string;
}

/** What the events of one request are read with. */
export interface Reading {
  window: Window;
  /** True if the request's text may contain strings that PostgreSQL can't store. */
  unsure: boolean;
  /** Seed of the ids' places. */
  seed: Seed;
}

interface Window {
  /** Oldest and newest accepted `timestamp`, in milliseconds since the Unix epoch. */
  from: number;
  to: number;
}

/** @param now milliseconds since the Unix epoch */
export const windowAt = (now: number, retentionDays: number): Window => ({
  from: now - retentionDays * DAY_MS,
  to: now + MAX_AHEAD_MS,
});

/**
 * Validates one item of a request.
 * @param value a result of `parseExact`
 * @returns the event, or its fault
 */
export function readEvent(value: unknown, index: number, reading: Reading): IncomingEvent | Fault {
  if (!isEvent(value)) {
    const { error } = eventSchema.safeParse(value);
    if (error) return schemaFault(value, index, error);
  }
  // As parsed, not zod's copy, whose payload lacks a member named __proto__.
  return toIncoming({ event: value as Event, pointers: OWN_POINTERS }, index, reading);
}

const OWN_POINTERS: SentEvent["pointers"] = {
  event_id: "/event_id",
  event_type: "/event_type",
  timestamp: "/timestamp",
  payload: "/payload",
};

/** Checks what the schema does not, and converts the event. @returns the event, or its fault */
export function toIncoming(
  { event, pointers, untimed }: SentEvent,
  index: number,
  { window, unsure, seed }: Reading,
): IncomingEvent | Fault {
  const { event_id: eventId, event_type: eventType, timestamp, payload } = event;
  const fault = (pointer: string, detail: string): Fault => itemFault(index, eventId, pointer, detail);

  if (numberSource(payload) !== undefined)
    return fault(pointers.payload, "payload: expected object, received number");
  const time = parseTime(timestamp);
  const at = pointers.timestamp;
  if (!time) return fault(at, `${at.slice(1)} must be an RFC 3339 date and time with an offset`);
  if (time.ms < window.from) return fault(at, `${at.slice(1)} is older than the retention period`);
  if (time.ms > window.to) return fault(at, `${at.slice(1)} is more than 24 hours ahead`);
  let digest: number;
  try {
    digest = digestValue(payload, MAX_DEPTH);
  } catch {
    return fault(pointers.payload, `payload is nested more than ${MAX_DEPTH} levels deep`);
  }
  // After the depth check: this one recurses as deep as the payload.
  if (unsure) {
    const found = findUnstorable({ event_id: eventId, event_type: eventType, payload });
    if (found) {
      const [, member = "", rest = ""] = /^\/(\w+)(.*)$/s.exec(found.pointer) ?? [];
      const pointer = `${pointers[member as keyof Event]}${rest}`;
      return fault(pointer, `${pointer.slice(1)} ${found.detail}`);
    }
  }
  const line = toLine({ eventId, eventType, timestamp: time.text, payload: JSON.stringify(payload) });
  return {
    index,
    eventId,
    seenId: seenId(eventId),
    place: hashPlace(eventId, seed),
    digest: digestEvent(eventType, untimed ? "" : time.text, digest),
    line,
    ...(untimed && { untimed }),
  };
}

/** True if an event that was set aside would be accepted now. */
export function isAcceptable({ eventId, eventType, ...event }: EventLine, retentionDays: number): boolean {
  const sent = { event_id: eventId, event_type: eventType, timestamp: event.timestamp };
  try {
    const value = { ...sent, payload: parseExact(event.payload) };
    if (!isEvent(value)) return false;
    const reading: Reading = { window: windowAt(Date.now(), retentionDays), unsure: true, seed: [0, 0] };
    return "line" in toIncoming({ event: value, pointers: OWN_POINTERS }, 0, reading);
  } catch {
    // Not JSON.
    return false;
  }
}

export const itemFault = (index: number, eventId: string | null, pointer: string, detail: string): Fault => ({
  index,
  event_id: eventId,
  code: "invalid-event",
  pointer,
  detail,
  retryable: false,
});

/** Converts zod's first issue to a fault. */
function schemaFault(value: unknown, index: number, error: z.ZodError): Fault {
  if (isRawNumber(value)) return itemFault(index, null, "", "the item: expected object, received number");
  const issue = error.issues[0];
  const id = typeof value === "object" && value !== null && "event_id" in value ? value.event_id : null;
  const eventId = typeof id === "string" && id.isWellFormed() ? cut(id) : null;
  if (issue === undefined) return itemFault(index, eventId, "", "the event is invalid");
  const { pointer, detail } = describeIssue(issue, value);
  return itemFault(index, eventId, pointer, detail);
}
