import { numberSource } from "../../base/json.ts";

/** A member of a JSON object; undefined if it has none of that name or is no object. @param value of `parseExact` */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (numberSource(value) !== undefined || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** The same, if it is text. */
export function textMember(value: unknown, name: string): string | undefined {
  const member = memberOf(value, name);
  return typeof member === "string" ? member : undefined;
}
