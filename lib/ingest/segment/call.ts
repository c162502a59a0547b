/** A call of the Segment specification, as a Weir event: https://segment.com/docs/connections/spec/ */
import { hash } from "node:crypto";
import { numberSource, unstorable } from "../../base/json.ts";
import type { SentEvent } from "../event.ts";
import { isObject } from "./body.ts";
import { timeOfCall } from "./time.ts";

export const CALL_TYPES = ["track", "identify", "page", "screen", "group", "alias"] as const;
export type CallType = (typeof CALL_TYPES)[number];

/** What is wrong with a call. */
export interface CallFault {
  /** JSON Pointer to the member. */
  pointer: string;
  detail: string;
}

/** What a call has in common with others of its request. */
export interface Sending {
  requestId: string;
  /** Milliseconds since the Unix epoch. */
  receivedMs: number;
  /** As sent. */
  sentAt?: unknown;
  /** Members that each call inherits. */
  context?: unknown;
  integrations?: unknown;
}

/** Longest `event_id` and `event_type`, in UTF-16 code units. */
const LONGEST = 200;
/** Type of what names none, in quarantine. */
const UNKNOWN = "unknown";

/**
 * Converts a call. Its payload is the call as sent, without `messageId`, which is the event's id, and without what changes each
 * time that it is sent: `sentAt` and `_metadata.retryCount`. The key is removed too.
 * @param value a result of `parseExact`
 * @param type of the call, if the path names it
 * @returns also with a fault, as far as it could be read
 */
export function readCall(
  value: unknown,
  index: number,
  type: CallType | undefined,
  sending: Sending,
): { sent: SentEvent; fault: CallFault | undefined } {
  const call = isObject(value) ? value : {};
  const payload = isObject(value) ? payloadOf(call, type, sending) : { value };
  const original = call.originalTimestamp ?? call.timestamp;
  const time = timeOfCall(original, call.sentAt ?? sending.sentAt, sending.receivedMs);
  const id = idOf(call, payload, original === undefined, `${sending.requestId} ${index}`);
  const eventType = typeOf(payload.type, payload.event);
  const at = call.originalTimestamp == null ? "/timestamp" : "/originalTimestamp";
  const sent: SentEvent = {
    event: {
      event_id: id,
      event_type: eventType.slice(0, LONGEST),
      timestamp: time ?? new Date(sending.receivedMs).toISOString(),
      payload,
    },
    pointers: { event_id: "/messageId", event_type: "/event", timestamp: at, payload: "" },
    // The time depends on when it was sent and received; what the sender said is in the payload.
    untimed: true,
  };
  if (!isObject(value)) return { sent, fault: { pointer: "", detail: "a call is a JSON object" } };
  return { sent, fault: faultOf(payload, eventType, time === undefined ? at : undefined) ?? idFault(call) };
}

function payloadOf(
  call: Record<string, unknown>,
  type: CallType | undefined,
  sending: Sending,
): Record<string, unknown> {
  const { messageId: _id, sentAt: _sentAt, writeKey: _key, _metadata: metadata, ...payload } = call;
  if (type !== undefined) payload.type = type;
  for (const name of ["context", "integrations"] as const) {
    const shared = sending[name];
    if (!isObject(shared)) continue;
    const own = payload[name];
    if (own === undefined || isObject(own)) payload[name] = { ...shared, ...own };
  }
  if (!isObject(metadata)) return metadata === undefined ? payload : { ...payload, _metadata: metadata };
  const { retryCount: _count, ...kept } = metadata;
  return Object.keys(kept).length > 0 ? { ...payload, _metadata: kept } : payload;
}

/** `track:` and the event's name, or only the type. */
const typeOf = (type: unknown, event: unknown): string => {
  if (!isCallType(type)) return UNKNOWN;
  return type === "track" && isText(event) ? `track:${event}` : type;
};

/**
 * The `messageId`, or its SHA-256 if it is too long. Without one, a call that has its own time gets one from its content, the same
 * each time that it is sent; any other call can't be distinguished from an equal one, and gets a new one.
 */
function idOf(call: object, payload: object, untimed: boolean, place: string): string {
  const id = "messageId" in call ? call.messageId : undefined;
  if (isId(id)) return id.length <= LONGEST ? id : `segment:${hash("sha256", id, "base64url")}`;
  const content = untimed ? undefined : jsonOf(payload);
  return content === undefined ? `segment:${place}` : `segment:${hash("sha256", content, "base64url")}`;
}

/** @returns undefined for a value that is nested too deeply */
function jsonOf(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const idFault = (call: object): CallFault | undefined =>
  "messageId" in call && call.messageId !== null && !isId(call.messageId)
    ? {
        pointer: "/messageId",
        detail: "messageId must be a non-empty string without NUL and lone surrogates",
      }
    : undefined;

const missing = (name: string): CallFault => ({ pointer: `/${name}`, detail: `${name} is missing` });

/** @param timePointer where the time is, if it is invalid */
function faultOf(
  payload: Record<string, unknown>,
  eventType: string,
  timePointer: string | undefined,
): CallFault | undefined {
  const { type, event, userId, anonymousId, groupId, previousId } = payload;
  if (!isCallType(type)) return { pointer: "/type", detail: `type must be one of ${CALL_TYPES.join(", ")}` };
  if (type === "track" && !isText(event)) return missing("event");
  if (eventType.length > LONGEST)
    return { pointer: "/event", detail: `event must have at most ${LONGEST - "track:".length} characters` };
  if (!isName(userId) && !isName(anonymousId))
    return { pointer: "/userId", detail: "userId and anonymousId are missing; a call needs one of them" };
  if (type === "group" && !isName(groupId)) return missing("groupId");
  if (type === "alias" && !isName(previousId)) return missing("previousId");
  if (timePointer === undefined) return undefined;
  return {
    pointer: timePointer,
    detail: `${timePointer.slice(1)} must be an ISO 8601 date and time, in the years 1 to 9999`,
  };
}

const isCallType = (value: unknown): value is CallType => CALL_TYPES.some((type) => type === value);
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isId = (value: unknown): value is string => isText(value) && unstorable(value) === undefined;
/** Of a user or a group; some senders use numbers. */
const isName = (value: unknown): boolean =>
  isText(value) ||
  typeof value === "number" ||
  (typeof value === "object" && value !== null && numberSource(value) !== undefined);
