/** Parsers of option values. */
import { InvalidArgumentError } from "commander";
import type { z } from "zod";
import { auditQuery } from "../../lib/audit/contract.ts";
import { type Scope, scopeSchema } from "../../lib/base/scope.ts";
import { type Instant, parseTime } from "../../lib/base/time.ts";
import { type Condition, parseCondition } from "../../lib/query/where.ts";

export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be an integer of at least 1.");
  return Number(text);
}

export function trueOrFalse(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("It must be true or false.");
  return text === "true";
}

/** May be given more than once, each with one scope or several separated by commas. */
export function scopes(text: string, before: readonly Scope[] = []): Scope[] {
  const parsed = scopeSchema.array().safeParse(text.split(",").map((scope) => scope.trim()));
  if (!parsed.success)
    throw new InvalidArgumentError(`Scopes are ${scopeSchema.options.join(", ")}, separated by commas.`);
  return [...before, ...parsed.data];
}

export function instant(text: string): Instant {
  const time = parseTime(text);
  if (!time) throw new InvalidArgumentError("It must be an RFC 3339 time, such as 2027-01-31T00:00:00Z.");
  return time;
}

export const pointInTime = (text: string): Date => new Date(instant(text).ms);

/** May be given more than once. */
export function condition(text: string, before: readonly Condition[] = []): Condition[] {
  try {
    return [...before, parseCondition(text)];
  } catch (error) {
    throw new InvalidArgumentError(`It ${(error as Error).message}.`);
  }
}

export function numberFromZero(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be an integer of at least 0.");
  return Number(text);
}

/** Validates an option with the schema of an API parameter. */
const parameter =
  (schema: z.ZodType<string | undefined>, help: string) =>
  (text: string): string => {
    if (!schema.safeParse(text).success) throw new InvalidArgumentError(help);
    return text;
  };

export const status = parameter(
  auditQuery.status,
  "It must be a status such as 429, or a class such as 4xx.",
);
export const requestId = parameter(auditQuery.request_id, "It must be a request's id, a UUID in lower case.");
