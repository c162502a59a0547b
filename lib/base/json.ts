/**
 * Parses and prints JSON without losing digits. JavaScript's numbers would turn 12345678901234567890 into
 * 12345678901234567000 and 1.50 into 1.5, so text with a number that would not survive the round trip is parsed with the
 * source text of each number (ECMAScript "JSON.parse source text access": `context.source`, `JSON.rawJSON`). That is about
 * five times slower, so other text, which is the usual case, is parsed normally.
 */

/**
 * Matches a number that JSON.parse and JSON.stringify might not reproduce as written: 16 or more digits, an exponent, a
 * fraction that ends in 0, minus zero, or below 1e-6 (which is printed with an exponent). Digits inside strings may also
 * match, which only costs time.
 */
const UNSAFE_NUMBER =
  /(?:^|[\s:,[])(?:-?\d+\.\d*0|-?\d[\d.]{15,}|-?[\d.]+[eE][+-]?\d+|-0|-?0\.0{6}\d*)(?=[\s,\]}]|$)/;

/** Node 24 has these; TypeScript's library does not declare them yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };
type SourceReviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: SourceReviver) => unknown;

const keepNumber: SourceReviver = (_key, value, { source }) =>
  typeof value === "number" && source !== undefined && String(value) !== source ? rawJSON(source) : value;

/**
 * Parses JSON so that JSON.stringify of the result writes each number with its original digits.
 * @returns plain values; a number that JavaScript would change is a raw JSON object, see `numberSource`
 * @throws {SyntaxError} if the text is not JSON
 */
export function parseExact(text: string): unknown {
  return UNSAFE_NUMBER.test(text) ? parseWithSource(text, keepNumber) : JSON.parse(text);
}

/** The source text of a number that `parseExact` kept, or undefined for any other value. */
export function numberSource(value: object): string | undefined {
  return "rawJSON" in value && Object.getPrototypeOf(value) === null ? String(value.rawJSON) : undefined;
}

/** A number that JSON.stringify writes as this text. @param source a number in JSON */
export const exactNumber = (source: string): number | object => {
  const number = Number(source);
  return String(number) === source ? number : rawJSON(source);
};

/** True if a string in this JSON text may hold what PostgreSQL can't store: a NUL character or a lone surrogate. */
export const mayHoldUnstorable = (text: string): boolean => /\\u(?:0000|[dD][89a-fA-F])/.test(text);

/** Returns why PostgreSQL can't store the string, or undefined if it can. */
export function unstorable(text: string): string | undefined {
  if (text.includes("\0")) return "contains a NUL character (U+0000), which PostgreSQL cannot store";
  if (!text.isWellFormed())
    return "contains a lone surrogate (half of a UTF-16 pair), which is not valid Unicode";
  return undefined;
}

/**
 * Finds the first string, including member names, that PostgreSQL can't store.
 * @returns its JSON Pointer below `pointer`, and the reason
 */
export function findUnstorable(
  value: unknown,
  pointer = "",
): { pointer: string; detail: string } | undefined {
  if (typeof value === "string") {
    const detail = unstorable(value);
    return detail === undefined ? undefined : { pointer, detail };
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const detail = unstorable(key);
    if (detail !== undefined) return { pointer, detail: `has a member whose name ${detail}` };
    const found = findUnstorable(member, `${pointer}/${escapePointer(key)}`);
    if (found) return found;
  }
  return undefined;
}

/** Escapes a member name for a JSON Pointer (RFC 6901). */
export const escapePointer = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");
