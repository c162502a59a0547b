/**
 * A CloudEvent in its JSON form, as a Weir event: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
import { hash } from "node:crypto";
import { numberSource } from "../../base/json.ts";
import { parseTime } from "../../base/time.ts";
import type { SentEvent } from "../event.ts";

/** What is wrong with a CloudEvent. */
export interface AttributeFault {
  eventId: string | null;
  /** JSON Pointer to the member. */
  pointer: string;
  detail: string;
}

const POINTERS = { event_id: "/id", event_type: "/type", timestamp: "/time", payload: "" };
/** Longest `event_id` and `event_type`, in UTF-16 code units. */
const LONGEST = 200;
/** Names of attributes: section 3.1 of the specification. `data_base64` belongs to the JSON format. */
const NAME = /^[a-z0-9]+$/;
/** Characters that may occur in a URI-reference (RFC 3986), and all beyond ASCII, which many senders do not escape. */
const URI_REFERENCE = /^(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9a-fA-F]{2}|[^\0-\x7f\s])+$/;
/** Characters that no attribute may contain: section 3.1 of the specification. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROL = /[\0-\x1f\x7f-\x9f]/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The `event_id` of a CloudEvent: source and id, which are unique only together, with a space between them, which no source
 * contains. Too long a pair is replaced by its SHA-256.
 */
export function cloudEventId(source: string, id: string): string {
  const pair = `${source} ${id}`;
  return pair.length <= LONGEST ? pair : `cloudevent:${hash("sha256", pair, "base64url")}`;
}

/**
 * Converts a CloudEvent. Its payload is the CloudEvent without `type` and `time`, which the event has as its type and its
 * timestamp: the attributes by their names, and `data` or `data_base64`.
 * @param value a result of `parseExact`
 * @param arrivedAt when the request arrived, in RFC 3339: the timestamp of an event without `time`
 */
export function readCloudEvent(value: unknown, arrivedAt: string): SentEvent | AttributeFault {
  if (
    typeof value !== "object" ||
    value === null ||
    Array.isArray(value) ||
    numberSource(value) !== undefined
  )
    return { eventId: null, pointer: "", detail: "a CloudEvent is a JSON object" };
  // A member that is null is not set; only data may be null.
  const members = Object.entries(value).filter(([name, member]) => member !== null || name === "data");
  const payload: Record<string, unknown> = Object.fromEntries(members);
  const { id, source, type, time } = payload;
  const eventId = isText(source) && isText(id) ? cloudEventId(source, id) : null;
  const fault = (name: string, detail: string): AttributeFault => ({
    eventId: eventId?.isWellFormed() ? eventId : null,
    pointer: name === "" ? "" : `/${name}`,
    detail,
  });
  const wrong =
    requiredFault(payload) ?? members.flatMap(([name, member]) => oddAttribute(name, member) ?? [])[0];
  if (wrong) return fault(wrong.name, wrong.detail);
  if ("data" in payload && "data_base64" in payload)
    return fault("data_base64", "data and data_base64 exclude each other");
  const { type: _type, time: _time, ...rest } = payload;
  return {
    event: {
      event_id: eventId as string,
      event_type: type as string,
      timestamp: (time as string | undefined) ?? arrivedAt,
      payload: rest,
    },
    pointers: POINTERS,
    ...(time === undefined && { untimed: true }),
  };
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

interface Wrong {
  /** The attribute, or an empty text if it has no valid name. */
  name: string;
  detail: string;
}

/** What the attributes with a meaning for Weir must be. */
function requiredFault(payload: Record<string, unknown>): Wrong | undefined {
  const { specversion, type, time } = payload;
  const missing = ["specversion", "id", "source", "type"].find((name) => payload[name] === undefined);
  if (missing !== undefined) return { name: missing, detail: `${missing} is missing` };
  if (specversion !== "1.0") return { name: "specversion", detail: 'specversion must be "1.0"' };
  const empty = ["id", "source", "type"].find((name) => !isText(payload[name]));
  if (empty !== undefined) return { name: empty, detail: `${empty} must be a non-empty string` };
  if (String(type).length > LONGEST)
    return { name: "type", detail: `type must have at most ${LONGEST} characters` };
  if (time === undefined || (typeof time === "string" && parseTime(time))) return undefined;
  return { name: "time", detail: "time must be an RFC 3339 date and time with an offset" };
}

function oddAttribute(name: string, value: unknown): Wrong | undefined {
  if (name === "data") return undefined;
  if (name === "data_base64")
    return typeof value === "string" && BASE64.test(value)
      ? undefined
      : { name, detail: "data_base64 must be a string in Base64 (RFC 4648, with padding)" };
  if (!NAME.test(name))
    return {
      name: "",
      detail: `${JSON.stringify(name.slice(0, 50).toWellFormed())} is not the name of an attribute: only a-z and 0-9 are allowed`,
    };
  if (name === "source" && !URI_REFERENCE.test(value as string))
    return { name, detail: "source must be a URI-reference" };
  const isAttribute =
    typeof value === "boolean" ||
    (typeof value === "string" && !CONTROL.test(value)) ||
    Number.isSafeInteger(value);
  if (isAttribute) return undefined;
  return { name, detail: `${name} must be a string without control characters, an integer or a boolean` };
}
