/**
 * Syntax of payload properties in queries.
 *
 *     property = "payload" 1*step
 *     step     = "." name | "." string | "[" index "]"
 *     name     = one or more letters and digits of any script, "_", "-" and "$"
 *     string   = a JSON string, for all other names:  payload."odd key"
 *     index    = digits, from 0; with "-" before them, counted from the end
 *
 * `payload.items[0].sku` and `payload.items.0.sku` are the same: in an array, a numeric name is an index.
 */
import { unstorable } from "../base/json.ts";

/** Member names and array indexes, outermost first, as PostgreSQL's `#>` takes them. */
export type PropertyPath = readonly string[];

/** Longest property, in characters. */
export const MAX_PROPERTY_LENGTH = 200;
const MAX_LEVELS = 10;

/** A JSON string, as a regular expression for JSON Schema. */
export const STRING_PATTERN = String.raw`"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u(?!0000|[dD][89a-fA-F])[0-9a-fA-F]{4}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))*"`;
/** The grammar above as such an expression, unanchored, for the API document. The parser is authoritative. */
export const PROPERTY_PATTERN = String.raw`payload(?:\.(?:[\p{L}\p{M}\p{N}_$-]+|${STRING_PATTERN})|\[-?\d{1,9}\]){1,${MAX_LEVELS}}`;

const STEP = /\.(?:([\p{L}\p{M}\p{N}_$-]+)|("(?:[^"\\]|\\.)*"))|\[(-?\d{1,9})\]/uy;

/**
 * Parses a text that consists of one property.
 * @throws {SyntaxError} whose message says what is wrong with the text
 */
export function parseProperty(text: string): PropertyPath {
  const { path, length } = readProperty(text);
  if (length < text.length) throw new SyntaxError(`has ${quote(text.slice(length))} after the property`);
  return path;
}

/**
 * Parses the property at the start of a text.
 * @returns its path and its length in characters
 * @throws {SyntaxError} if the text does not begin with a property, or the property is too long or too deep
 */
export function readProperty(text: string): { path: PropertyPath; length: number } {
  if (!text.startsWith("payload")) throw new SyntaxError("must begin with payload, such as payload.user");
  const path: string[] = [];
  let length = "payload".length;
  for (;;) {
    STEP.lastIndex = length;
    const match = STEP.exec(text);
    if (!match) break;
    const [step, name, string, index] = match;
    path.push(name ?? index ?? parseName(string ?? ""));
    length += step.length;
  }
  if (path.length === 0 || /^[.[]/.test(text.slice(length)))
    throw new SyntaxError(
      `has no member name after ${quote(text.slice(0, length))}; put names with characters other than letters, digits, _, - and $ in quotation marks`,
    );
  if (length > MAX_PROPERTY_LENGTH)
    throw new SyntaxError(`names a property with more than ${MAX_PROPERTY_LENGTH} characters`);
  if (path.length > MAX_LEVELS) throw new SyntaxError(`goes more than ${MAX_LEVELS} levels deep`);
  return { path, length };
}

function parseName(string: string): string {
  const name = parseString(string);
  if (name === undefined) throw new SyntaxError(`has ${quote(string)}, which is not a JSON string`);
  const fault = unstorable(name);
  if (fault !== undefined) throw new SyntaxError(`has a name that ${fault}`);
  return name;
}

/** @returns undefined if the text is not a JSON string */
export function parseString(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Truncates the caller's text for an error message. */
const quote = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text).toWellFormed();
