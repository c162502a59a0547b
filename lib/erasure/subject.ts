/** Which payloads are of one subject: those in which a member has a value, of the same type. */
import { numberSource, parseExact } from "../base/json.ts";
import { type PropertyPath, parseProperty } from "../query/property.ts";
import type { JsonScalar } from "./sql/erase-events.ts";

/** The payload that replaces an erased one. */
export const ERASED = '{"erased":true}';
/** What replaces an erased line that can't be read. */
export const ERASED_LINE = "erased";

export interface Subject {
  /** Member names from the payload down. */
  path: PropertyPath;
  value: JsonScalar;
}

/** The path that a property names, from the payload down. @returns undefined for text that names none */
export function pathOf(property: string): PropertyPath | undefined {
  try {
    return parseProperty(property);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** @param value as `parseExact` gave it. @returns undefined where it is no string, number or boolean */
export function toScalar(value: unknown): JsonScalar | undefined {
  if (typeof value === "string") return { type: "string", text: value };
  if (typeof value === "boolean") return { type: "boolean", text: value ? "true" : "false" };
  if (typeof value === "number") return { type: "number", text: String(value) };
  const source = typeof value === "object" && value !== null ? numberSource(value) : undefined;
  return source === undefined ? undefined : { type: "number", text: source };
}

/**
 * Is the payload the subject's? For those that PostgreSQL could not take, and so can't be asked about.
 * @param payload the text that came. Where it is no JSON, a string is looked for in the text itself: better a payload
 *   too many is erased than one too few
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
 * The string, number or boolean at a place in a payload.
 * @param payload as `parseExact` gave it
 * @returns undefined where there is none
 */
export function scalarAt(payload: unknown, path: PropertyPath): JsonScalar | undefined {
  let member = payload;
  for (const name of path) {
    if (typeof member !== "object" || member === null) return undefined;
    // Of an array PostgreSQL takes a negative index as counted from the end.
    const key = Array.isArray(member) && /^-\d+$/.test(name) ? member.length + Number(name) : name;
    if (!Object.hasOwn(member, key)) return undefined;
    member = Reflect.get(member, key);
  }
  return toScalar(member);
}

/**
 * The same JSON text for every way to write a value: that of RFC 8785, but for a number that a double can't hold its digits
 * and exponent, such as `1234567890123456789e1`.
 */
export function canonicalText({ type, text }: JsonScalar): string {
  if (type === "string") return JSON.stringify(text);
  if (type === "boolean") return text;
  const plain = String(Number(text));
  return canonical(plain) === canonical(text) ? plain : canonical(text);
}

/** The same text for every way to write a number: `1.50`, `15e-1` and `1.5` are all `15e-1`. */
function canonical(number: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${power}`;
}
