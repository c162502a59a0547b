/**
 * Decodes an `ExportLogsServiceRequest` from protobuf into the form that it has as OTLP/JSON, so that both encodings are read
 * by the same code: names in lowerCamelCase, 64-bit integers as decimal text, ids in hexadecimal, other bytes in Base64.
 * https://github.com/open-telemetry/opentelemetry-proto (logs/v1, common/v1, resource/v1)
 */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { MAX_DEPTH } from "../event.ts";

/** Why a log record, a resource or a scope can't be decoded. */
export class Undecodable {
  readonly detail: string;
  constructor(detail: string) {
    this.detail = detail;
  }
}

interface Field {
  name: string;
  wire: WireType;
  read: (reader: BinaryReader, depth: number) => unknown;
  repeated?: true;
}
/** A message's fields by their numbers. Others are skipped. */
type Message = ReadonlyMap<number, Field>;

const { LengthDelimited, Varint, Bit32, Bit64 } = WireType;

const text = (name: string): Field => ({
  name,
  wire: LengthDelimited,
  read: (reader) => reader.string(true),
});
const hex = (name: string): Field => ({
  name,
  wire: LengthDelimited,
  read: (reader) => bytesOf(reader).toString("hex"),
});
const uint32 = (name: string): Field => ({ name, wire: Varint, read: (reader) => reader.uint32() });
const fixed64 = (name: string): Field => ({
  name,
  wire: Bit64,
  read: (reader) => String(reader.fixed64()),
});
const message = (name: string, fields: () => Message): Field => ({
  name,
  wire: LengthDelimited,
  read: (reader, depth) => readMessage(reader, fields(), depth),
});
const repeated = (field: Field): Field => ({ ...field, repeated: true });
/** A part of the request whose faults do not affect the others. */
const part = (name: string, fields: () => Message): Field => ({
  name,
  wire: LengthDelimited,
  read: (reader) => {
    const end = endOf(reader);
    try {
      return readUntil(reader, end, fields(), 0);
    } catch (error) {
      reader.pos = end;
      return new Undecodable(reasonOf(error));
    }
  },
});

const bytesOf = (reader: BinaryReader): Buffer => {
  const { buffer, byteOffset, byteLength } = reader.bytes();
  return Buffer.from(buffer, byteOffset, byteLength);
};

const messageOf = (fields: Readonly<Record<number, Field>>): Message =>
  new Map(Object.entries(fields).map(([number, field]) => [Number(number), field]));

const anyValue: Message = messageOf({
  1: text("stringValue"),
  2: { name: "boolValue", wire: Varint, read: (reader) => reader.bool() },
  3: { name: "intValue", wire: Varint, read: (reader) => String(reader.int64()) },
  4: { name: "doubleValue", wire: Bit64, read: (reader) => doubleOf(reader.double()) },
  5: message("arrayValue", () => arrayValue),
  6: message("kvlistValue", () => keyValueList),
  7: {
    name: "bytesValue",
    wire: LengthDelimited,
    read: (reader) => bytesOf(reader).toString("base64"),
  },
});

/** As in JSON, where these are texts. */
const doubleOf = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/** Counts the depth, so that a reader gives up before its stack ends. */
const value = (name: string): Field => ({
  name,
  wire: LengthDelimited,
  read: (reader, depth) => {
    if (depth > MAX_DEPTH) throw new RangeError(`is nested more than ${MAX_DEPTH} levels deep`);
    return readMessage(reader, anyValue, depth + 1);
  },
});
const keyValue: Message = messageOf({ 1: text("key"), 2: value("value") });
const keyValues = (name: string): Field => repeated(message(name, () => keyValue));
const arrayValue: Message = messageOf({ 1: repeated(value("values")) });
const keyValueList: Message = messageOf({ 1: keyValues("values") });

const entityRef = messageOf({
  1: text("schemaUrl"),
  2: text("type"),
  3: repeated(text("idKeys")),
  4: repeated(text("descriptionKeys")),
});
const resource = messageOf({
  1: keyValues("attributes"),
  2: uint32("droppedAttributesCount"),
  3: repeated(message("entityRefs", () => entityRef)),
});
const scope = messageOf({
  1: text("name"),
  2: text("version"),
  3: keyValues("attributes"),
  4: uint32("droppedAttributesCount"),
});
const logRecord = messageOf({
  1: fixed64("timeUnixNano"),
  2: { name: "severityNumber", wire: Varint, read: (reader) => reader.int32() },
  3: text("severityText"),
  5: value("body"),
  6: keyValues("attributes"),
  7: uint32("droppedAttributesCount"),
  8: { name: "flags", wire: Bit32, read: (reader) => reader.fixed32() },
  9: hex("traceId"),
  10: hex("spanId"),
  11: fixed64("observedTimeUnixNano"),
  12: text("eventName"),
});
const scopeLogs = messageOf({
  1: part("scope", () => scope),
  2: repeated(part("logRecords", () => logRecord)),
  3: text("schemaUrl"),
});
const resourceLogs = messageOf({
  1: part("resource", () => resource),
  2: repeated(message("scopeLogs", () => scopeLogs)),
  3: text("schemaUrl"),
});
const request = messageOf({ 1: repeated(message("resourceLogs", () => resourceLogs)) });

/**
 * @returns the request as OTLP/JSON, in which a part that can't be decoded is `Undecodable`
 * @throws {Error} if the request can't be decoded
 */
export function decodeLogs(bytes: Uint8Array): unknown {
  const reader = new BinaryReader(bytes);
  return readUntil(reader, bytes.length, request, 0);
}

const readMessage = (reader: BinaryReader, fields: Message, depth: number): unknown =>
  readUntil(reader, endOf(reader), fields, depth);

/** Reads the length of a message. @returns its end */
function endOf(reader: BinaryReader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError("is truncated");
  return end;
}

function readUntil(reader: BinaryReader, end: number, fields: Message, depth: number): unknown {
  const result: Record<string, unknown> = {};
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    const field = fields.get(number);
    if (field?.wire !== wire) {
      reader.skip(wire, number);
      continue;
    }
    const item = field.read(reader, depth);
    if (!field.repeated) result[field.name] = item;
    else if (field.name in result) (result[field.name] as unknown[]).push(item);
    else result[field.name] = [item];
  }
  if (reader.pos > end) throw new RangeError("is truncated");
  return result;
}

/** The decoder of UTF-8 throws a TypeError. */
const reasonOf = (error: unknown): string => {
  if (error instanceof TypeError) return "has a text that is not valid UTF-8";
  return error instanceof RangeError && error.message.startsWith("is ")
    ? error.message
    : "is not valid protobuf";
};
