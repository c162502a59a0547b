/** Finds audit rows in logs: in Weir's own lines, and in the forms in which CloudWatch returns them. */
import * as z from "zod";
import type { AuditHeader } from "../../queue/message.ts";
import { recordable } from "./change.ts";
import { NOT_QUEUED } from "./queue-row.ts";
import { storableText } from "./row.ts";

const MOST_INT = 2_147_483_647;
/** From 1970 to 9999, which the database and RFC 3339 can both represent. */
const time = z.int().min(0).max(253_402_300_799_999);
const count = z.int().min(0).max(MOST_INT);
/** A log may have been edited, so its content is not trusted. */
const text = z.string().transform(storableText);
const nullableText = text.nullable();
const change = z.object({ before: z.unknown(), after: z.unknown() }).transform(recordable);

const headerSchema = z.object({
  v: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  at: time,
  audit: z.object({
    method: text,
    route: text,
    path: text,
    address: nullableText,
    user_agent: nullableText,
    bytes_in: count,
    bytes_out: count.nullable(),
    client_id: nullableText,
    key_prefix: nullableText,
    status: z.int().min(100).max(999),
    duration_ms: z.int().min(0),
    change: change.exactOptional(),
  }),
});

/** The content of a line: rows, and those that can't be read. */
export interface FoundRows {
  rows: AuditHeader[];
  /** The reason for each row that can't be read. */
  bad: string[];
}

const NOTHING: FoundRows = { rows: [], bad: [] };
/** Maximum nesting of log lines: an export, its event, Weir's line, and one to spare. */
const LEVELS = 4;

/**
 * Reads a log line in any of these forms:
 * - a line of Weir, also if Lambda, Docker or `aws logs tail` has put words before or after it
 * - output of `aws logs filter-log-events` or `get-log-events`: all on one line, one event on each line, or the line
 *   `"message": …` of an event that spans several lines
 * The result is empty for a line without audit rows.
 */
export function readLogLine(line: string, level = 0): FoundRows {
  if (!line.includes(NOT_QUEUED)) return NOTHING;
  if (level === LEVELS) return unreadable("it is quoted too often");
  const member = /^\s*"message"\s*:\s*(".*")\s*,?\s*$/s.exec(line)?.[1];
  const value = member === undefined ? jsonWithin(line) : jsonOf(member);
  if (value === undefined) return unreadable("it is truncated or not JSON");
  return readValue(value, level);
}

function readValue(value: unknown, level: number): FoundRows {
  if (typeof value === "string") return readLogLine(value, level + 1);
  if (Array.isArray(value)) return joined(value.map((one) => readValue(one, level)));
  if (typeof value !== "object" || value === null) return NOTHING;
  const { events, message, audit } = value as Record<string, unknown>;
  if (Array.isArray(events)) return readValue(events, level);
  if (message === NOT_QUEUED) return readHeader(audit);
  return typeof message === "string" ? readLogLine(message, level + 1) : NOTHING;
}

function readHeader(header: unknown): FoundRows {
  const result = headerSchema.safeParse(header);
  if (result.success) return { rows: [result.data], bad: [] };
  const [issue] = result.error.issues;
  return unreadable(`${["audit", ...(issue?.path ?? [])].join(".")}: ${issue?.message}`);
}

const unreadable = (reason: string): FoundRows => ({ rows: [], bad: [reason] });

const joined = (found: readonly FoundRows[]): FoundRows => ({
  rows: found.flatMap(({ rows }) => rows),
  bad: found.flatMap(({ bad }) => bad),
});

/** JSON on its own, or surrounded by words without braces. */
const jsonWithin = (line: string): unknown =>
  jsonOf(line) ?? jsonOf(line.slice(line.indexOf("{"), line.lastIndexOf("}") + 1));

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
