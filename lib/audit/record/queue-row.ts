/** An audit row's way into the queue and, when the queue can't take it, into the log. */

import type { Log } from "../../base/log.ts";
import { metricsLine } from "../../base/metrics.ts";
import { type Header, headerMessage } from "../../queue/message.ts";
import type { Queue } from "../../queue/port.ts";
import type { Unqueued } from "./unqueued.ts";

export type Audited = Header & Required<Pick<Header, "audit">>;

interface Options {
  /** How long the queue may take, in milliseconds: what is left of the function's time. */
  withinMs: number;
  /** Of the function, for the metric. */
  functionName: string;
}

/** Writes an audit row through the queue; when the queue can't take it, to the log, whole, to be read back in. Never rejects. */
export async function queueAudit(
  deps: { queue: Queue; log: Log; unqueued: Unqueued },
  header: Audited,
  { withinMs, functionName }: Options,
): Promise<void> {
  const fault = await sendAudit(deps, header, withinMs);
  if (fault === undefined) return;
  logAudit(deps.log, header, fault);
  countUnqueued(functionName);
}

/**
 * @param withinMs how long the queue may take
 * @returns why the queue did not take the row, as far as is known
 */
export async function sendAudit(
  { queue, unqueued }: { queue: Queue; unqueued: Unqueued },
  header: Audited,
  withinMs: number,
): Promise<Error | undefined> {
  const names = unqueued.take();
  try {
    await inTime(queue.send([headerMessage(naming(header, names))]), withinMs);
    return undefined;
  } catch (error) {
    unqueued.add([header.id, ...names]);
    return error as Error;
  }
}

/** A header that names rows which are in the log only. */
export const naming = <H extends Header>(header: H, names: readonly string[]): H =>
  names.length === 0 ? header : { ...header, unqueued: names };

/** The line that `weir audit recover` looks for. */
export function logAudit(log: Pick<Log, "error">, header: Audited, error: Error): void {
  log.error(NOT_QUEUED, { audit: header, error });
}
export const NOT_QUEUED = "audit-not-queued";

/** Not by `console`, where Lambda puts words of its own before the text: then it would be a line of the log only. */
export function countUnqueued(functionName: string): void {
  process.stdout.write(`${metricsLine(functionName, { AuditNotQueued: [1, "Count"] })}\n`);
}

/** Rejects when the time is up. What comes of the promise after that is not known. */
async function inTime(promise: Promise<void>, ms: number): Promise<void> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new Error("The queue did not answer in time.")), ms);
  await Promise.race([promise, timeout.promise]).finally(() => clearTimeout(timer));
}
