/** Conditions of the parameter `where` as the fields of a form; docs/queries.md has their syntax. */

import { parseProperty, readProperty } from "../../../../lib/query/property.ts";
import { MAX_CONDITIONS, parseCondition } from "../../../../lib/query/where.ts";
import { ExactNumber, printExact } from "../../api/exact.ts";

export { MAX_CONDITIONS };

export const OPERATORS = ["=", "!=", ">=", ">", "<=", "<", "exists", "missing"] as const;
export type Operator = (typeof OPERATORS)[number];

/** What the operators are called in the form. */
export const OPERATOR_NAMES: Readonly<Record<Operator, string>> = {
  "=": "is",
  "!=": "is not, or missing",
  ">=": "at least",
  ">": "more than",
  "<=": "at most",
  "<": "less than",
  exists: "exists",
  missing: "is missing",
};

export interface ConditionFields {
  property: string;
  operator: Operator;
  /** As it is written in a condition; unused for `exists` and `missing`. */
  value: string;
}

const COMPARISON = /^\s*(!=|<=|>=|=|<|>)\s*([\s\S]*)$/;

/** Divides a condition into the fields of a form. Text that is not a condition becomes the property, to be corrected. */
export function splitCondition(text: string): ConditionFields {
  const condition = text.trim();
  const isNegated = condition.startsWith("!");
  const property = isNegated ? condition.slice(1).trimStart() : condition;
  const length = lengthOfProperty(property);
  const rest = property.slice(length);
  if (length > 0 && rest === "") return { property, operator: isNegated ? "missing" : "exists", value: "" };
  const [, operator, value] = (!isNegated && length > 0 && COMPARISON.exec(rest)) || [];
  if (operator === undefined) return { property: condition, operator: "exists", value: "" };
  return { property: property.slice(0, length), operator: operator as Operator, value: value ?? "" };
}

function lengthOfProperty(text: string): number {
  try {
    return readProperty(text).length;
  } catch {
    return 0;
  }
}

/** The condition that the fields of a form describe. */
export function joinCondition({ property, operator, value }: ConditionFields): string {
  const name = property.trim();
  if (operator === "exists") return name;
  return operator === "missing" ? `!${name}` : `${name}${operator}${value.trim()}`;
}

/** Returns what is wrong with a condition, as the end of a sentence, or undefined. */
export const faultOfCondition = (text: string): string | undefined => faultOf(() => parseCondition(text));

/** Returns what is wrong with a property, or undefined. */
export const faultOfProperty = (text: string): string | undefined => faultOf(() => parseProperty(text));

function faultOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Texts that a condition reads as another type, unless they are in quotation marks. */
const AMBIGUOUS = /^(?:-?\d[\d.eE+-]*|true|false|null|)$|^["[{]|^\s|\s$/;

/**
 * A value as a condition takes it: texts without quotation marks where they are not needed, so that 1 and "1" differ.
 * Objects and arrays are JSON.
 */
export function valueText(value: unknown): string {
  if (typeof value === "string" && !AMBIGUOUS.test(value)) return value;
  return typeof value === "object" && value !== null && !(value instanceof ExactNumber)
    ? printExact(value).replace(/\n\s*/g, " ")
    : printExact(value);
}

const NAME = /^[\p{L}\p{M}\p{N}_$-]+$/u;
const MOST_SUGGESTED = 200;
const MOST_LEVELS = 3;

/** The properties of some payloads, to suggest them; not those within arrays. */
export function propertiesOf(payloads: readonly unknown[]): string[] {
  const found = new Set<string>();
  const collect = (value: unknown, path: string, level: number): void => {
    if (level > MOST_LEVELS || !isPlainObject(value)) return;
    for (const [name, member] of Object.entries(value)) {
      const property = `${path}.${NAME.test(name) ? name : JSON.stringify(name)}`;
      if (isPlainObject(member)) collect(member, property, level + 1);
      else if (faultOfProperty(property) === undefined) found.add(property);
    }
  };
  for (const payload of payloads) collect(payload, "payload", 1);
  return [...found].sort().slice(0, MOST_SUGGESTED);
}

const isPlainObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
