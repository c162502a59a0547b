/**
 * Reads the queue and settles its messages until the time is up. Any number may run concurrently: the queue delivers each
 * message to one of them, and redelivers a dropped message to another.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type Delivered, deliver } from "../queue/deliver.ts";
import type { Queue } from "../queue/port.ts";
import { drainUntil, type WorkerDeps } from "./settle-batch.ts";

export interface DrainOptions {
  /** When to stop reading, in milliseconds since the Unix epoch. */
  endsAt: number;
  /** How long after `endsAt` received messages may still be settled, by default 10 s; then they are released. */
  graceMs?: number;
  /** Most messages per read, by default 200. */
  maxMessages?: number;
  /** Approximate limit of message bytes per read and per settled batch, by default 5 MiB, as SQS delivers to a worker. */
  maxBytes?: number;
}

export type Drained = Delivered;

const GRACE_MS = 10_000;
/** How long a read waits for the first message. */
const WAIT_MS = 2_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Returns when the time is up.
 * @throws the error of the last attempt, if it failed: the queue or the database was unavailable until the end. Messages
 *   received but not settled have then been released.
 */
export async function drainQueue(
  deps: WorkerDeps & { queue: Queue },
  options: DrainOptions,
): Promise<Drained> {
  const { endsAt, graceMs = GRACE_MS, maxMessages = 200, maxBytes = 5 * 1024 * 1024 } = options;
  const done: Drained = { batches: 0, messages: 0 };
  let fault: unknown;
  let faults = 0;
  for (let left = endsAt - Date.now(); left > 0; left = endsAt - Date.now()) {
    try {
      const waitMs = Math.min(WAIT_MS, left);
      const messages = await deps.queue.receive({ maxMessages, maxBytes, waitMs });
      const { batches, messages: settled } = await deliver(deps.queue, messages, {
        maxBytes,
        sizeOf: ({ body }) => Buffer.byteLength(body),
        process: (batch) => drainUntil(batch, deps, endsAt + graceMs),
      });
      done.batches += batches;
      done.messages += settled;
      fault = undefined;
      faults = 0;
    } catch (error) {
      fault = error;
      deps.log.warn("drain-interrupted", { error: error as Error });
      await sleep(
        Math.min(FIRST_PAUSE_MS * 2 ** faults++, LONGEST_PAUSE_MS, Math.max(0, endsAt - Date.now())),
      );
    }
  }
  deps.log.info("drained", { ...done });
  if (fault !== undefined) throw fault;
  return done;
}
