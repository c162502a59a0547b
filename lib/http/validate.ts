/** Validates external input against its schema. */
import type { z } from "zod";
import { findUnstorable } from "../base/json.ts";
import { describeIssue } from "./issues.ts";
import { type Fault, Problem } from "./problem.ts";

/**
 * Parses a body with its schema.
 * @throws {Problem} `invalid-body` naming every fault; strings that PostgreSQL can't store are faults too
 */
export function checkBody<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (!result.success) throw invalidBody(result.error.issues.map((issue) => describeIssue(issue, value)));
  const found = findUnstorable(value);
  if (found) throw invalidBody([{ ...found, detail: `${found.pointer.slice(1)} ${found.detail}` }]);
  return result.data;
}

const invalidBody = (errors: readonly Fault[]): Problem =>
  new Problem("invalid-body", "The body does not match the schema.", { errors });
