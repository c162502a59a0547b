import type * as z from "zod";
import { escapePointer, numberSource } from "../base/json.ts";

/** A zod issue as a JSON Pointer and a sentence that names the member. */
export function describeIssue(issue: z.core.$ZodIssue, root: unknown): { pointer: string; detail: string } {
  const path = issue.path.map((part) => escapePointer(String(part)));
  const name = issue.path.join(".") || "the item";
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const shown = key.isWellFormed() ? cut(key) : "?";
    return {
      pointer: `/${[...path, escapePointer(shown)].join("/")}`,
      detail: `unknown member ${JSON.stringify(shown)}`,
    };
  }
  const missing = issue.code === "invalid_type" && valueAt(root, issue.path) === undefined;
  const pointer = path.length > 0 ? `/${path.join("/")}` : "";
  // To zod, a number that keeps its digits is an object.
  const message = isRawNumber(valueAt(root, issue.path))
    ? issue.message.replace("received object", "received number")
    : issue.message;
  return { pointer, detail: missing ? `${name} is missing` : `${name}: ${message}` };
}

export const isRawNumber = (value: unknown): boolean =>
  typeof value === "object" && value !== null && numberSource(value) !== undefined;

export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );
}

/** The first 200 characters; a cut by code units could split a surrogate pair. */
export const cut = (text: string): string => Array.from(text.slice(0, 400)).slice(0, 200).join("");
