/** Parsers of option values. */
import { InvalidArgumentError } from "commander";
import type { Scope } from "../../lib/base/scope.ts";
import { parseCondition } from "../../lib/query/where.ts";
import { parseDuration } from "../output/time.ts";

const SCOPES: readonly Scope[] = ["ingest", "read", "audit", "admin"];

export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be an integer of at least 1.");
  return Number(text);
}

export function numberFromZero(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be an integer of at least 0.");
  return Number(text);
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("It must be a positive number.");
  return value;
}

export function trueOrFalse(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("It must be true or false.");
  return text === "true";
}

/** May be given more than once, each with one scope or several separated by commas. */
export function scopes(text: string, before: readonly Scope[] = []): Scope[] {
  const parsed = text.split(",").map((scope) => scope.trim());
  const isScope = (name: string): name is Scope => SCOPES.some((scope) => scope === name);
  if (!parsed.every(isScope))
    throw new InvalidArgumentError(`Scopes are ${SCOPES.join(", ")}, separated by commas.`);
  return [...before, ...parsed];
}

/** May be given more than once. */
export const several = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** May be given more than once. Checked here, so that a fault is found before anything is called. */
export function condition(text: string, before: readonly string[] = []): string[] {
  try {
    parseCondition(text);
  } catch (error) {
    throw new InvalidArgumentError(`It ${(error as Error).message}.`);
  }
  return [...before, text];
}

/** A duration in seconds. */
export function duration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined)
    throw new InvalidArgumentError("It must be a duration such as 15m, 36h, 7d, 4w or 1y.");
  return seconds;
}

const matching =
  (pattern: RegExp, help: string) =>
  (text: string): string => {
    if (!pattern.test(text)) throw new InvalidArgumentError(help);
    return text;
  };

export const status = matching(
  /^[1-5](?:\d\d|xx)$/,
  "It must be a status such as 429, or a class such as 4xx.",
);
export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const requestId = matching(UUID, "It must be a request's id, a UUID in lower case.");
