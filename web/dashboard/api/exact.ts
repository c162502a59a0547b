/** JSON whose numbers keep their digits: a double would round 12345678901234567890, and print 1.0 as 1. */
import { parse } from "lossless-json";

/** A number that a double can't hold as it was written. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** Parses JSON. A number that JavaScript would print differently becomes an `ExactNumber`. */
export const parseExact = (text: string): unknown =>
  parse(text, null, {
    parseNumber: (digits) => (String(Number(digits)) === digits ? Number(digits) : new ExactNumber(digits)),
    // The last one counts, as in `JSON.parse`.
    onDuplicateKey: ({ newValue }) => newValue,
  });

/** JSON with two spaces of indentation, and each number as it was written. */
export function printExact(value: unknown, indent = ""): string {
  if (value instanceof ExactNumber) return value.text;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((one) => printExact(one, inner))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${printExact(one, inner)}`);
  if (parts.length === 0) return `${open}${close}`;
  return `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`;
}

/** A number for drawing; its digits may be lost. */
export const toNumber = (value: number | ExactNumber): number =>
  typeof value === "number" ? value : Number(value.text);
