/**
 * List cursors: the sort key of the last row shown, in base64url. The next page begins after it, so pages neither repeat
 * nor skip rows while new ones arrive.
 */

import { parseTime } from "../base/time.ts";
import type { ApiRequest } from "./gateway.ts";
import { Problem } from "./problem.ts";

/** True if a part of a cursor is valid. */
export type PartCheck = (part: string) => boolean;

/** A time in UTC; our cursors have no other offsets, and PostgreSQL accepts fewer of them than RFC 3339. */
export const isTimePart: PartCheck = (part) => part.endsWith("Z") && parseTime(part) !== undefined;
export const isTextPart: PartCheck = () => true;

/** Separates the parts: no text in the database contains it, and the cursor stays shorter than as JSON, which escapes. */
const SEPARATOR = "\0";

/** @param parts the row's sort key */
export const encodeCursor = (parts: readonly string[]): string =>
  Buffer.from(parts.join(SEPARATOR)).toString("base64url");

/**
 * @param checks one for each part
 * @param parameter that has the cursor
 * @returns the parts that `encodeCursor` was given
 * @throws {Problem} `invalid-parameter` if the text is not a cursor of this list
 */
export function decodeCursor<const C extends readonly PartCheck[]>(
  cursor: string,
  checks: C,
  parameter = "cursor",
): { readonly [K in keyof C]: string } {
  const parts = Buffer.from(cursor, "base64url").toString().split(SEPARATOR);
  const valid =
    parts.length === checks.length &&
    checks.every((check, index) => check(parts[index] ?? "")) &&
    // Buffer.from skips characters outside base64url, and invalid UTF-8 does not survive the round trip.
    encodeCursor(parts) === cursor;
  if (valid) return parts as unknown as { readonly [K in keyof C]: string };
  throw invalidCursor(parameter, "must be next_cursor from the previous page of this list");
}

/** @param detail what the parameter must be */
export const invalidCursor = (parameter: string, detail: string): Problem =>
  new Problem("invalid-parameter", `Invalid parameter: ${parameter}.`, { errors: [{ parameter, detail }] });

/**
 * The `Link` header (RFC 8288) that leads from this page to the next: the same query with another cursor.
 * @param cursor null on the last page, which has no such header
 */
export function linkNext({ path, query }: ApiRequest, cursor: string | null): Record<string, string> {
  if (cursor === null) return {};
  const next = new URLSearchParams(query);
  next.set("cursor", cursor);
  return { link: `<${path}?${next}>; rel="next"` };
}
