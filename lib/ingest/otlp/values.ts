/** Values of OTLP/JSON as JSON values of a payload. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
import { exactNumber, numberSource } from "../../base/json.ts";
import { MAX_DEPTH } from "../event.ts";

/** What is wrong with a log record. */
export class RecordFault extends Error {
  /** JSON Pointer below the record. */
  readonly pointer: string;
  constructor(pointer: string, detail: string) {
    super(detail);
    this.pointer = pointer;
  }
}

/** A JSON object as parsed. */
export type Members = Readonly<Record<string, unknown>>;

const INTEGER = /^-?\d+$/;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const SPECIAL: readonly unknown[] = ["NaN", "Infinity", "-Infinity"];
const BASE64 = /^[\w+/-]*={0,2}$/;
const INT64 = { from: -(2n ** 63n), to: 2n ** 63n - 1n };
const UINT64 = { from: 0n, to: 2n ** 64n - 1n };

/** An object, or undefined if it is absent. A member that is null counts as absent, as in all of protobuf's JSON. */
export function objectAt(value: unknown, pointer: string): Members | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value) || numberSource(value) !== undefined)
    throw new RecordFault(pointer, "must be an object");
  return value as Members;
}

export function listAt(value: unknown, pointer: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new RecordFault(pointer, "must be an array");
  return value;
}

/** A text; empty if it is absent, as in protobuf. */
export function textAt(value: unknown, pointer: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw new RecordFault(pointer, "must be a string");
  return value;
}

/** The digits of an integer, which may be a number or a text; undefined if it is absent or not one. */
function digitsOf(value: unknown): string | undefined {
  const source = typeof value === "object" && value !== null ? numberSource(value) : String(value);
  return source !== undefined && INTEGER.test(source) ? source : undefined;
}

function integerAt(value: unknown, pointer: string, { from, to }: typeof INT64, kind: string): bigint {
  const digits = digitsOf(value);
  // A longer one is out of range, and takes long to convert.
  const integer = digits === undefined || digits.length > 30 ? undefined : BigInt(digits);
  if (integer === undefined || integer < from || integer > to)
    throw new RecordFault(pointer, `must be ${kind}`);
  return integer;
}

/** Nanoseconds since the Unix epoch; 0 if they are absent, as in protobuf. */
export const nanosecondsAt = (value: unknown, pointer: string): bigint =>
  value === undefined || value === null
    ? 0n
    : integerAt(value, pointer, UINT64, "an unsigned 64-bit integer");

/** An integer of 32 bits; 0 if it is absent. */
export const smallIntegerAt = (value: unknown, pointer: string): number =>
  value === undefined || value === null
    ? 0
    : Number(integerAt(value, pointer, { from: -(2n ** 31n), to: 2n ** 32n - 1n }, "a 32-bit integer"));

/** Hexadecimal digits in lower case; empty if they are absent or all zero, which means the same. */
export function hexAt(value: unknown, pointer: string): string {
  const text = textAt(value, pointer).toLowerCase();
  if (!/^[0-9a-f]*$/.test(text)) throw new RecordFault(pointer, "must be hexadecimal");
  return /^0*$/.test(text) ? "" : text;
}

/** A list of `KeyValue` as an object. If a key is repeated, which OTLP forbids, the last one counts. */
export function attributesAt(value: unknown, pointer: string, depth = 1): Members {
  const pairs = listAt(value, pointer).map((item, index): [string, unknown] => {
    const at = `${pointer}/${index}`;
    const pair = objectAt(item, at);
    return [textAt(pair?.key, `${at}/key`), plainValue(pair?.value, `${at}/value`, depth)];
  });
  return Object.fromEntries(pairs);
}

/**
 * An `AnyValue` as JSON: text, Boolean, number with its digits, array, object, null if it is empty. Bytes become
 * `{"bytes_value": "<Base64>"}`, and what JSON has no number for, `"NaN"` or `"Infinity"`.
 * @param depth of objects and arrays around it
 */
export function plainValue(value: unknown, pointer: string, depth = 0): unknown {
  const any = objectAt(value, pointer) ?? {};
  const { stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue } = any;
  if (isSet(stringValue)) return textAt(stringValue, `${pointer}/stringValue`);
  if (isSet(boolValue)) return booleanAt(boolValue, `${pointer}/boolValue`);
  if (isSet(intValue))
    return exactNumber(String(integerAt(intValue, `${pointer}/intValue`, INT64, "a 64-bit integer")));
  if (isSet(doubleValue)) return doubleAt(doubleValue, `${pointer}/doubleValue`);
  if (isSet(bytesValue)) return { bytes_value: base64At(bytesValue, `${pointer}/bytesValue`) };
  if (!isSet(arrayValue) && !isSet(kvlistValue)) return null;
  if (depth >= MAX_DEPTH) throw new RecordFault(pointer, `is nested more than ${MAX_DEPTH} levels deep`);
  if (isSet(kvlistValue)) {
    const at = `${pointer}/kvlistValue`;
    return attributesAt(objectAt(kvlistValue, at)?.values, `${at}/values`, depth + 1);
  }
  const at = `${pointer}/arrayValue`;
  const items = listAt(objectAt(arrayValue, at)?.values, `${at}/values`);
  return items.map((item, index) => plainValue(item, `${at}/values/${index}`, depth + 1));
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null;

function booleanAt(value: unknown, pointer: string): boolean {
  if (typeof value !== "boolean") throw new RecordFault(pointer, "must be a Boolean");
  return value;
}

function doubleAt(value: unknown, pointer: string): unknown {
  if (typeof value === "number" || SPECIAL.includes(value)) return value;
  if (typeof value === "object" && value !== null && numberSource(value) !== undefined) return value;
  if (typeof value === "string" && NUMBER.test(value)) return exactNumber(value);
  throw new RecordFault(pointer, "must be a number");
}

function base64At(value: unknown, pointer: string): string {
  const text = textAt(value, pointer);
  if (!BASE64.test(text)) throw new RecordFault(pointer, "must be Base64");
  return Buffer.from(text, "base64").toString("base64");
}
