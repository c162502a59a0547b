/** The options of everything that has a range: --last, --start, --end. */
import type { Command } from "commander";
import { usageError } from "../errors.ts";
import { readTime } from "../output/time.ts";
import { duration } from "./parsers.ts";

export interface RangeOptions {
  last?: number;
  start?: string;
  end?: string;
}

/** @param subject what has a time, such as "events" */
export const addRange = (command: Command, subject: string): Command =>
  command
    .option(
      "--last <duration>",
      `${subject} of the last 15m, 36h, 7d, 4w or 1y (365 days), up to now`,
      duration,
    )
    .option("--start <time>", `${subject} at or after this time`)
    .option("--end <time>", `${subject} before this time`);

/**
 * Times as the API takes them.
 * @param zone of times without an offset
 * @throws {CliError} if a time is invalid, or the range is given twice
 */
export function rangeOf({ last, start, end }: RangeOptions, zone: string): { start?: string; end?: string } {
  if (last !== undefined && (start !== undefined || end !== undefined))
    throw usageError("Specify --last, or --start and --end, not both.");
  if (last !== undefined) return { start: new Date(Date.now() - last * 1_000).toISOString() };
  return {
    ...(start !== undefined && { start: readTime(start, zone, "--start") }),
    ...(end !== undefined && { end: readTime(end, zone, "--end") }),
  };
}
