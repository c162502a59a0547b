/** Sends an audit row to the queue or, if the queue does not accept it, to the log. */

import type { Log } from "../../base/log.ts";
import { metricsLine } from "../../base/metrics.ts";
import { type AuditHeader, type Header, headerMessage } from "../../queue/message.ts";
import type { Queue } from "../../queue/port.ts";
import type { Unqueued } from "./unqueued.ts";

interface Options {
  /** Maximum time for the queue, in milliseconds: the rest of the function's time. */
  withinMs: number;
  /** For the metric. */
  functionName: string;
}

/** Sends an audit row to the queue; if that fails, logs the complete row for `weir audit recover`. Never rejects. */
export async function queueAudit(
  deps: { queue: Queue; log: Log; unqueued: Unqueued },
  header: AuditHeader,
  { withinMs, functionName }: Options,
): Promise<void> {
  const fault = await sendAudit(deps, header, withinMs);
  if (fault === undefined) return;
  logAudit(deps.log, header, fault);
  countUnqueued(functionName);
}

/**
 * @param withinMs maximum time for the queue
 * @returns the error if the queue did not confirm the row, which it may have accepted nevertheless
 */
export async function sendAudit(
  { queue, unqueued }: { queue: Queue; unqueued: Unqueued },
  header: AuditHeader,
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

/** Adds the ids of rows that are in the log only to a header. */
export const naming = <H extends Header>(header: H, names: readonly string[]): H =>
  names.length === 0 ? header : { ...header, unqueued: names };

/** The line that `weir audit recover` looks for. */
export function logAudit(log: Pick<Log, "error">, header: AuditHeader, error: Error): void {
  log.error(NOT_QUEUED, { audit: header, error });
}
export const NOT_QUEUED = "audit-not-queued";

/** Not with `console`, to which Lambda adds a prefix: CloudWatch would then not read the line as a metric. */
export function countUnqueued(functionName: string): void {
  process.stdout.write(`${metricsLine(functionName, { AuditNotQueued: [1, "Count"] })}\n`);
}

/** Rejects when the time is up. The promise may still succeed after that. */
async function inTime(promise: Promise<void>, ms: number): Promise<void> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new Error("The queue did not answer in time.")), ms);
  await Promise.race([promise, timeout.promise]).finally(() => clearTimeout(timer));
}
