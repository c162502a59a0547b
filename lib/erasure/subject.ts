/** Decides whether a payload belongs to a subject: whether a given member has a given value of the same type. */
import { numberSource, parseExact } from "../base/json.ts";
import { type PropertyPath, parseProperty } from "../query/property.ts";
import type { JsonScalar } from "./sql/erase-events.ts";

/** The payload that replaces an erased one. */
export const ERASED = '{"erased":true}';
/** Replaces an erased line that can't be parsed. */
export const ERASED_LINE = "erased";

export interface Subject {
  /** Member names from the payload down. */
  path: PropertyPath;
  value: JsonScalar;
}

/** The path that a property names, from the payload down. @returns undefined for an invalid property */
export function pathOf(property: string): PropertyPath | undefined {
  try {
    return parseProperty(property);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** @param value a result of `parseExact`. @returns undefined if it is not a string, number or boolean */
export function toScalar(value: unknown): JsonScalar | undefined {
  if (typeof value === "string") return { type: "string", text: value };
  if (typeof value === "boolean") return { type: "boolean", text: value ? "true" : "false" };
  if (typeof value === "number") return { type: "number", text: String(value) };
  const source = typeof value === "object" && value !== null ? numberSource(value) : undefined;
  return source === undefined ? undefined : { type: "number", text: source };
}

/**
 * True if the payload belongs to the subject. For payloads that PostgreSQL could not store, and so can't search.
 * @param payload the text as received. If it is not JSON, a string is searched for in the text itself: it is better to
 *   erase a payload too many than one too few
 */
export function isOfSubject(payload: string, { path, value }: Subject): boolean {
  let parsed: unknown;
  try {
    parsed = parseExact(payload);
  } catch {
    const quoted = JSON.stringify(value.text).slice(1, -1);
    return value.type === "string" && (payload.includes(value.text) || payload.includes(quoted));
  }
  const found = scalarAt(parsed, path);
  return found?.type === value.type && canonicalText(found) === canonicalText(value);
}

/**
 * The string, number or boolean at a path in a payload.
 * @param payload a result of `parseExact`
 * @returns undefined if the path leads to no such value
 */
export function scalarAt(payload: unknown, path: PropertyPath): JsonScalar | undefined {
  let member = payload;
  for (const name of path) {
    if (typeof member !== "object" || member === null) return undefined;
    // PostgreSQL counts a negative array index from the end.
    const key = Array.isArray(member) && /^-\d+$/.test(name) ? member.length + Number(name) : name;
    if (!Object.hasOwn(member, key)) return undefined;
    member = Reflect.get(member, key);
  }
  return toScalar(member);
}

/**
 * The same JSON text for every way to write a value: the text of RFC 8785, or digits and exponent for a number that a
 * double can't hold, such as `1234567890123456789e1`.
 */
export function canonicalText({ type, text }: JsonScalar): string {
  if (type === "string") return JSON.stringify(text);
  if (type === "boolean") return text;
  const plain = String(Number(text));
  return canonical(plain) === canonical(text) ? plain : canonical(text);
}

/** The same text for every way to write a number: `1.50`, `15e-1` and `1.5` are all `15e-1`. */
function canonical(number: string): string {
  const [, sign = "", integer = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = `${integer}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${power}`;
}
