/** A log record as a Weir event: https://opentelemetry.io/docs/specs/otel/logs/data-model/ */
import { hash } from "node:crypto";
import { exactNumber } from "../../base/json.ts";
import type { SentEvent } from "../event.ts";
import {
  attributesAt,
  hexAt,
  listAt,
  type Members,
  nanosecondsAt,
  objectAt,
  plainValue,
  RecordFault,
  smallIntegerAt,
  textAt,
} from "./values.ts";

/** `event_type` of a record that names none. */
export const DEFAULT_TYPE = "log";
/** Longest `event_id` and `event_type`, in UTF-16 code units. */
const LONGEST = 200;

/** What the records of one scope in a request have in common. */
export interface Origin {
  resource: Members;
  scope: Members;
}

/** @throws {RecordFault} */
export function originOf(resourceLogs: Members, scopeLogs: Members): Origin {
  return { resource: resourceOf(resourceLogs), scope: scopeOf(scopeLogs) };
}

function resourceOf({ resource, schemaUrl }: Members): Members {
  const { attributes, droppedAttributesCount, entityRefs } = objectAt(resource, "/resource") ?? {};
  const refs = listAt(entityRefs, "/resource/entityRefs").map((ref, index) => entityOf(ref, index));
  return withoutDefaults({
    attributes: attributesAt(attributes, "/resource/attributes"),
    dropped_attributes_count: smallIntegerAt(droppedAttributesCount, "/resource/droppedAttributesCount"),
    entity_refs: refs,
    schema_url: textAt(schemaUrl, "/schemaUrl"),
  });
}

function entityOf(ref: unknown, index: number): Members {
  const at = `/resource/entityRefs/${index}`;
  const { schemaUrl, type, idKeys, descriptionKeys } = objectAt(ref, at) ?? {};
  const keys = (value: unknown, name: string): string[] =>
    listAt(value, `${at}/${name}`).map((key) => textAt(key, `${at}/${name}`));
  return withoutDefaults({
    type: textAt(type, `${at}/type`),
    id_keys: keys(idKeys, "idKeys"),
    description_keys: keys(descriptionKeys, "descriptionKeys"),
    schema_url: textAt(schemaUrl, `${at}/schemaUrl`),
  });
}

function scopeOf({ scope, schemaUrl }: Members): Members {
  const { name, version, attributes, droppedAttributesCount } = objectAt(scope, "/scope") ?? {};
  return withoutDefaults({
    name: textAt(name, "/scope/name"),
    version: textAt(version, "/scope/version"),
    attributes: attributesAt(attributes, "/scope/attributes"),
    dropped_attributes_count: smallIntegerAt(droppedAttributesCount, "/scope/droppedAttributesCount"),
    schema_url: textAt(schemaUrl, "/schemaUrl"),
  });
}

/** Omits what protobuf does not distinguish from absence: 0, empty texts and empty lists. */
const withoutDefaults = (members: Members): Members =>
  Object.fromEntries(
    Object.entries(members).filter(
      ([, value]) =>
        value !== 0 &&
        value !== "" &&
        value !== undefined &&
        (typeof value !== "object" || value === null || isSomething(value)),
    ),
  );
/** A raw number has a member too. */
const isSomething = (value: object): boolean => Object.keys(value).length > 0;

/** Numbers equal records of a request: 1 for the first one. */
export type Occurrence = (content: string) => number;

export interface RecordContext {
  origin: Origin;
  /** JSON Pointer to the record in the request. */
  pointer: string;
  /** When the request arrived, in RFC 3339. */
  arrivedAt: string;
  occurrence: Occurrence;
}

/** @throws {RecordFault} with a pointer below the record */
export function readRecord(record: Members, context: RecordContext): SentEvent {
  const { origin, pointer, arrivedAt, occurrence } = context;
  const time = nanosecondsAt(record.timeUnixNano, "/timeUnixNano");
  const observed = nanosecondsAt(record.observedTimeUnixNano, "/observedTimeUnixNano");
  const attributes = attributesAt(record.attributes, "/attributes");
  const eventName = textAt(record.eventName, "/eventName");
  const body =
    record.body === undefined || record.body === null ? undefined : plainValue(record.body, "/body");
  const payload = withoutDefaults({
    time_unix_nano: nanosecondsOf(time),
    observed_time_unix_nano: nanosecondsOf(observed),
    severity_number: smallIntegerAt(record.severityNumber, "/severityNumber"),
    severity_text: textAt(record.severityText, "/severityText"),
    attributes,
    dropped_attributes_count: smallIntegerAt(record.droppedAttributesCount, "/droppedAttributesCount"),
    flags: smallIntegerAt(record.flags, "/flags"),
    trace_id: hexAt(record.traceId, "/traceId"),
    span_id: hexAt(record.spanId, "/spanId"),
    resource: origin.resource,
    scope: origin.scope,
  });
  // An empty body is a body.
  const event = { ...(body !== undefined && { body }), ...payload };
  const type = typeOf(eventName, attributes);
  const happened = time || observed;
  const id = idOf(attributes) ?? contentId([type, event], happened, occurrence);
  return {
    event: {
      event_id: id,
      event_type: type,
      timestamp: happened === 0n ? arrivedAt : toTime(happened),
      payload: event,
    },
    pointers: {
      event_id: `${pointer}/attributes`,
      event_type: `${pointer}/eventName`,
      timestamp: `${pointer}/${time === 0n ? "observedTimeUnixNano" : "timeUnixNano"}`,
      payload: pointer,
    },
    ...(happened === 0n && { untimed: true }),
  };
}

const nanosecondsOf = (time: bigint): unknown => exactNumber(String(time));

/** The name of the event, as a field or, from older SDKs, as an attribute. */
function typeOf(eventName: string, attributes: Members): string {
  const named = eventName === "" ? attributes["event.name"] : eventName;
  if (typeof named !== "string" || named === "") return DEFAULT_TYPE;
  if (named.length > LONGEST) throw new RecordFault("/eventName", `must have at most ${LONGEST} characters`);
  return named;
}

/** https://opentelemetry.io/docs/specs/semconv/registry/attributes/log/: equal ids are duplicates. */
function idOf({ "log.record.uid": uid }: Members): string | undefined {
  if (typeof uid !== "string" || uid === "") return undefined;
  return uid.length <= LONGEST ? uid : `log:${hash("sha256", uid, "base64url")}`;
}

/**
 * A UUID of version 8 (RFC 9562) from the content: the first half of its SHA-256, in which the first 48 bits are replaced by the
 * record's time in milliseconds, so that rows are in order of time. The second of two equal records in a request counts too:
 * some clocks tick in milliseconds, and a program may log the same twice in one. A repeated request has them in the same order.
 */
function contentId(content: unknown, time: bigint, occurrence: Occurrence): string {
  const text = JSON.stringify(content);
  const n = occurrence(text);
  const digest = hash("sha256", n === 1 ? text : `${n} ${text}`, "hex");
  const head =
    time === 0n ? digest.slice(0, 12) : (time / 1_000_000n).toString(16).padStart(12, "0").slice(-12);
  const variant = ((Number.parseInt(digest[16] ?? "0", 16) & 3) | 8).toString(16);
  return [
    head.slice(0, 8),
    head.slice(8),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join("-");
}

/** RFC 3339, to the microsecond, rounded down. */
function toTime(nanoseconds: bigint): string {
  const text = new Date(Number(nanoseconds / 1_000_000n)).toISOString();
  const micros = (nanoseconds / 1_000n) % 1_000n;
  return micros === 0n ? text : `${text.slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
}
