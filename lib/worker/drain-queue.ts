/**
 * Reads the queue and stores its messages until the time is up. Any number may run concurrently: the queue delivers each
 * message to one of them, and redelivers a dropped message to another.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type Delivered, deliver } from "../queue/deliver.ts";
import type { Queue } from "../queue/port.ts";
import { processBatch, type WorkerDeps } from "./process-batch.ts";

export type DrainDeps = WorkerDeps & { queue: Queue };

export interface ReadLimits {
  /** Most messages per read, by default 200. */
  maxMessages?: number;
  /** Approximate limit of message bytes per read and per batch, by default 5 MiB, as SQS delivers to a worker. */
  maxBytes?: number;
}

export interface ReadOptions extends ReadLimits {
  /** How long to wait for the first message, in milliseconds, by default 0. */
  waitMs?: number;
  /** When to stop processing, in milliseconds since the Unix epoch, by default never; the rest is released. */
  endsAt?: number;
}

export interface DrainOptions extends ReadLimits {
  /** When to stop reading, in milliseconds since the Unix epoch. */
  endsAt: number;
  /** How long after `endsAt` received messages may still be processed, by default 10 s; then they are released. */
  graceMs?: number;
  /** Stops reading before `endsAt`. */
  signal?: AbortSignal;
}

export interface Drained extends Delivered {
  /** Messages read. */
  received: number;
  /** Ids of messages returned to the queue because they are at fault. */
  failed: string[];
}

const GRACE_MS = 10_000;
const WAIT_MS = 2_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Reads once, stores the messages, and reports each outcome to the queue.
 * @throws the error of the queue or the database. Messages received but not stored have then been released.
 */
export async function drainOnce(deps: DrainDeps, options: ReadOptions = {}): Promise<Drained> {
  const {
    maxMessages = 200,
    maxBytes = 5 * 1024 * 1024,
    waitMs = 0,
    endsAt = Number.POSITIVE_INFINITY,
  } = options;
  const messages = await deps.queue.receive({ maxMessages, maxBytes, waitMs });
  const failed: string[] = [];
  const delivered = await deliver(deps.queue, messages, {
    maxBytes,
    sizeOf: ({ body }) => Buffer.byteLength(body),
    process: async (batch) => {
      const outcome = await processBatch(batch, deps, endsAt);
      failed.push(...outcome.failed);
      return outcome;
    },
  });
  return { ...delivered, received: messages.length, failed };
}

/**
 * Returns when the time is up, or when the signal is aborted and the current batch is settled.
 * @throws the error of the last read, if it failed: the queue or the database was unavailable until the end.
 */
export async function drainQueue(
  deps: DrainDeps,
  { endsAt, graceMs = GRACE_MS, signal, ...limits }: DrainOptions,
): Promise<Delivered> {
  const done: Delivered = { batches: 0, messages: 0 };
  let fault: unknown;
  let faults = 0;
  for (let left = endsAt - Date.now(); left > 0 && !signal?.aborted; left = endsAt - Date.now()) {
    try {
      const waitMs = Math.min(WAIT_MS, left);
      const { batches, messages } = await drainOnce(deps, { ...limits, waitMs, endsAt: endsAt + graceMs });
      done.batches += batches;
      done.messages += messages;
      fault = undefined;
      faults = 0;
    } catch (error) {
      fault = error;
      deps.log.warn("drain-interrupted", { error: error as Error });
      const pauseMs = Math.min(
        FIRST_PAUSE_MS * 2 ** faults++,
        LONGEST_PAUSE_MS,
        Math.max(0, endsAt - Date.now()),
      );
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  }
  deps.log.info("drained", { ...done });
  if (fault !== undefined) throw fault;
  return done;
}
