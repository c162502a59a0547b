/**
 * The log of the functions on one machine, and the logs before it. A log may hold the only copy of audit rows that the queue
 * did not take, so it is appended to, and one that may hold such rows stays until they have been read back in. The name says
 * which it is:
 *
 * - `serverless.log` is being written.
 * - `serverless-<time>.unread.log` may hold audit rows that are nowhere else.
 * - `serverless-<time>.log` holds none, or they have been read back in. The newest few stay.
 *
 * Synchronous where the process that writes the log needs it: no line may be lost between two files.
 */
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const READ = /^serverless-[\d-]+\.log$/;
const UNREAD = /^serverless-[\d-]+\.unread\.log$/;
/** Logs that stay for people to look at, beside the one that is being written. */
const KEPT = 4;

export const currentLog = (folder: string): string => join(folder, "serverless.log");

/**
 * Puts the current log aside, so that a new one can begin, and removes the oldest of those that nothing is to be read from.
 * @param unread whether it may hold audit rows that are nowhere else
 */
export function putAside(folder: string, unread: boolean): void {
  const file = currentLog(folder);
  if (!existsSync(file) || statSync(file).size === 0) return;
  renameSync(file, freeName(folder, unread ? ".unread.log" : ".log"));
  removeOld(folder);
}

/** Logs that may hold audit rows which are nowhere else, the oldest first. */
export const unreadLogs = (folder: string): string[] => named(folder, UNREAD);

/** Says of a log that its audit rows have been read back in. */
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
    const stem = join(folder, `serverless-${new Date(ms).toISOString().replaceAll(/\D/g, "-").slice(0, -1)}`);
    if (![".log", ".unread.log"].some((one) => existsSync(stem + one))) return stem + ending;
  }
}
