/** Recovers audit rows that are in a log only: sends them to the queue, so that the worker seals them. */

import { outage } from "../../http/errors.ts";
import { type AuditHeader, headerMessage } from "../../queue/message.ts";
import type { Queue } from "../../queue/port.ts";
import { readLogLine } from "./log-lines.ts";

/** A line with an audit row that can't be read. */
export interface BadLine {
  /** Counted from 1. */
  line: number;
  reason: string;
}

export interface Recovered {
  /** Rows in the log. */
  found: number;
  /** Rows sent. The worker writes each row once, however often it is sent. */
  queued: number;
  bad: BadLine[];
}

/** Rows sent together. */
const BATCH = 100;

/**
 * @param lines lines of the log, without line ends
 * @param recovered updated during the run, so that it is correct even if the queue fails
 * @throws {Problem} `queue-unavailable`: rows sent before it are queued, and the entire log can be sent again
 */
export async function recoverAudit(
  { queue }: { queue: Queue },
  lines: AsyncIterable<string>,
  recovered: Recovered,
): Promise<void> {
  let waiting: AuditHeader[] = [];
  const send = async (): Promise<void> => {
    if (waiting.length === 0) return;
    await queue.send(waiting.map((row) => headerMessage({ ...row, recovered: true }))).catch(outage("queue"));
    recovered.queued += waiting.length;
    waiting = [];
  };
  let number = 0;
  for await (const line of lines) {
    number++;
    const { rows, bad } = readLogLine(line);
    recovered.found += rows.length;
    for (const reason of bad) recovered.bad.push({ line: number, reason });
    waiting.push(...rows);
    if (waiting.length >= BATCH) await send();
  }
  await send();
}
