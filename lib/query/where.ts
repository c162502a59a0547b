/**
 * Conditions on payload properties, in the syntax of the parameter `where`.
 *
 *     condition = property | "!" property | property operator value
 *     operator  = "=" | "!=" | "<" | "<=" | ">" | ">="
 *
 * A value is read as JSON if it is a number, `true`, `false`, `null` or a string in quotation marks; any other value is a
 * literal text. Spaces around the operator are ignored. `docs/queries.md` explains each operator.
 */
import { unstorable } from "../base/json.ts";
import {
  PROPERTY_PATTERN,
  type PropertyPath,
  parseString,
  readProperty,
  STRING_PATTERN,
} from "./property.ts";

export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=";

/** The value that a property is compared with. */
export interface Operand {
  type: "number" | "string" | "boolean" | "null";
  /** A string's characters, or the JSON text of any other type, so that a number keeps its digits. */
  text: string;
}

export type Condition =
  /** The property exists, whatever its value. */
  | { path: PropertyPath; operator: "exists" }
  | { path: PropertyPath; operator: "missing" }
  | { path: PropertyPath; operator: Comparison; value: Operand };

/** Longest condition, in characters. */
export const MAX_CONDITION_LENGTH = 1_000;
/** Most conditions in one query. */
export const MAX_CONDITIONS = 10;

/** Any text except an unterminated quoted string. */
const VALUE_PATTERN = String.raw`(?:${STRING_PATTERN}|[^"\s\u0000][^\u0000]*)?`;
/** Values that have an order, and so can follow `<`, `<=`, `>` and `>=`. */
const ORDERED_PATTERN = String.raw`(?!(?:true|false|null)\s*$)${VALUE_PATTERN}`;
/** The grammar above as a regular expression of JSON Schema, for the API document. The parser is authoritative. */
export const CONDITION_PATTERN = String.raw`^\s*(?:!\s*${PROPERTY_PATTERN}|${PROPERTY_PATTERN}(?:\s*(?:!?=\s*${VALUE_PATTERN}|[<>](?:=|(?!=))\s*${ORDERED_PATTERN}))?)\s*$`;

const OPERATOR = /\s*(!=|<=|>=|=|<|>)\s*/y;
/** RFC 8259, section 6. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Numbers within the range that the statement compares exactly: see `lib/query/sql.ts`. */
const COMPARABLE = /^-?\d{1,100}(?:\.\d{1,100})?(?:[eE][+-]?\d{1,3})?$/;

/** @throws {SyntaxError} whose message says what is wrong with the text */
export function parseCondition(text: string): Condition {
  if (text.length > MAX_CONDITION_LENGTH)
    throw new SyntaxError(`is longer than ${MAX_CONDITION_LENGTH} characters`);
  const condition = text.trim();
  const negated = condition.startsWith("!");
  const property = negated ? condition.slice(1).trimStart() : condition;
  const { path, length } = readProperty(property);
  if (length === property.length) return { path, operator: negated ? "missing" : "exists" };
  OPERATOR.lastIndex = length;
  const [match, operator] = OPERATOR.exec(property) ?? [];
  if (match === undefined || negated)
    throw new SyntaxError(
      "must be a property, ! and a property, or a property, an operator (= != < <= > >=) and a value",
    );
  const value = parseOperand(property.slice(length + match.length));
  const ordered = operator !== "=" && operator !== "!=";
  if (ordered && value.type !== "number" && value.type !== "string")
    throw new SyntaxError(`compares the order of ${value.text}; only numbers and strings have an order`);
  return { path, operator: operator as Comparison, value };
}

function parseOperand(text: string): Operand {
  if (text === "null") return { type: "null", text };
  if (text === "true" || text === "false") return { type: "boolean", text };
  if (NUMBER.test(text)) {
    if (!COMPARABLE.test(text))
      throw new SyntaxError(
        "has a number with more than 100 digits before or after its decimal point, or more than 3 in its exponent",
      );
    return { type: "number", text };
  }
  const string = text.startsWith('"') ? parseString(text) : text;
  if (string === undefined) throw new SyntaxError("has a value in quotation marks that is not a JSON string");
  const fault = unstorable(string);
  if (fault !== undefined) throw new SyntaxError(`has a value that ${fault}`);
  return { type: "string", text: string };
}
