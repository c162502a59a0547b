/**
 * Current and earlier logs of the functions on one machine. A log may contain the only copy of audit rows that could not be
 * queued, so it is appended to, and a log that may contain such rows is kept until they have been recovered. The name
 * gives its state:
 *
 * - `weir.log` is being written.
 * - `weir-<time>.unread.log` may contain audit rows that exist nowhere else.
 * - `weir-<time>.log` contains none, or they have been recovered. The newest few are kept.
 *
 * Synchronous where the process that writes the log needs it: no line may be lost between two files.
 */
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** Earlier versions named them after serverless-offline. */
const READ = /^(?:weir|serverless)-[\d-]+\.log$/;
const UNREAD = /^(?:weir|serverless)-[\d-]+\.unread\.log$/;
/** Number of logs kept for inspection, besides the current one. */
const KEPT = 4;

export const currentLog = (folder: string): string => join(folder, "weir.log");

/**
 * Renames the current log, so that a new one can begin, and removes the oldest logs from which nothing must be recovered.
 * @param unread whether it may contain audit rows that exist nowhere else
 */
export function putAside(folder: string, unread: boolean): void {
  const file = currentLog(folder);
  if (!existsSync(file) || statSync(file).size === 0) return;
  renameSync(file, freeName(folder, unread ? ".unread.log" : ".log"));
  removeOld(folder);
}

/** Logs that may contain audit rows that exist nowhere else, oldest first. */
export const unreadLogs = (folder: string): string[] => named(folder, UNREAD);

/** Marks a log whose audit rows have been recovered. */
export function markRead(folder: string, file: string): void {
  renameSync(file, file.replace(/\.unread\.log$/, ".log"));
  removeOld(folder);
}

function removeOld(folder: string): void {
  for (const file of named(folder, READ).slice(0, -KEPT)) rmSync(file, { force: true });
}

const named = (folder: string, pattern: RegExp): string[] =>
  readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(folder, name));

function freeName(folder: string, ending: string): string {
  for (let ms = Date.now(); ; ms++) {
    const stem = join(folder, `weir-${new Date(ms).toISOString().replaceAll(/\D/g, "-").slice(0, -1)}`);
    if (![".log", ".unread.log"].some((one) => existsSync(stem + one))) return stem + ending;
  }
}
