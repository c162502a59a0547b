/** Evaluates conditions on payloads in plain JavaScript, to compare with PostgreSQL. */
import { numberSource, parseExact } from "../../lib/base/json.ts";
import type { PropertyPath } from "../../lib/query/property.ts";
import type { Comparison, Condition, Operand } from "../../lib/query/where.ts";

/** Whether the condition matches the payload, given as JSON text. */
export function holds(payload: string, condition: Condition): boolean {
  const value = follow(parseExact(payload), condition.path);
  if (condition.operator === "exists") return value !== undefined;
  if (condition.operator === "missing") return value === undefined;
  if (condition.operator === "!=") return !compares(value, "=", condition.value);
  return compares(value, condition.operator, condition.value);
}

/** The value at a path, or undefined. */
export function follow(value: unknown, path: PropertyPath): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof value !== "object" || value === null || numberSource(value) !== undefined) return undefined;
  if (Array.isArray(value)) return /^-?\d+$/.test(step) ? follow(value.at(Number(step)), rest) : undefined;
  return Object.hasOwn(value, step) ? follow(value[step as keyof typeof value], rest) : undefined;
}

function compares(value: unknown, operator: Comparison, { type, text }: Operand): boolean {
  if (type === "null") return value === null;
  if (type === "boolean") return value === (text === "true");
  if (type === "string")
    return typeof value === "string" && fits(Buffer.compare(Buffer.from(value), Buffer.from(text)), operator);
  const number = typeof value === "object" && value !== null ? numberSource(value) : undefined;
  if (typeof value !== "number" && number === undefined) return false;
  return fits(compareNumbers(number ?? String(value), text), operator);
}

const fits = (order: number, operator: Comparison): boolean =>
  ({
    "=": order === 0,
    "!=": order !== 0,
    "<": order < 0,
    "<=": order <= 0,
    ">": order > 0,
    ">=": order >= 0,
  })[operator];

/** Compares two JSON numbers by their digits. */
function compareNumbers(a: string, b: string): number {
  const [x, y] = [digitsOf(a), digitsOf(b)];
  const places = Math.min(x.exponent, y.exponent);
  const difference =
    x.digits * 10n ** BigInt(x.exponent - places) - y.digits * 10n ** BigInt(y.exponent - places);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

function digitsOf(text: string): { digits: bigint; exponent: number } {
  const [, sign, whole, fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = BigInt(`${whole}${fraction}`) * (sign === "-" ? -1n : 1n);
  return { digits, exponent: digits === 0n ? 0 : Number(exponent) - fraction.length };
}
