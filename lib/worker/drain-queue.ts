/**
 * Reads the queue and stores its messages until the time is up. Any number may run concurrently: the queue delivers each
 * message to one of them, and redelivers a dropped message to another.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Delivered } from "../queue/deliver.ts";
import type { Message, Queue } from "../queue/port.ts";
import { Pump } from "../queue/pump.ts";
import { Turns } from "../queue/turns.ts";
import { type Parsed, parseBatch } from "./parse-batch.ts";
import { processParsed, type WorkerDeps } from "./process-batch.ts";

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
  /** Shared with other drains of the process; by default its own. */
  turns?: Turns;
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
export async function drainOnce(
  deps: DrainDeps,
  { waitMs = 0, endsAt = Number.POSITIVE_INFINITY, ...limits }: ReadOptions = {},
): Promise<Drained> {
  const drain = new Drain(deps, endsAt, limits);
  const drained = await drain.step(waitMs, false);
  await drain.stop();
  return drained;
}

/** Stores batch after batch; see `Pump`. */
export class Drain {
  readonly #pump: Pump<Message & Parsed>;
  #failed: string[] = [];

  /** @param endsAt when to stop processing, in milliseconds since the Unix epoch; the rest is released */
  constructor(
    deps: DrainDeps,
    endsAt: number,
    { maxMessages = 200, maxBytes = 5 * 1024 * 1024 }: ReadLimits = {},
    turns?: Turns,
  ) {
    this.#pump = new Pump(deps.queue, {
      maxMessages,
      maxBytes,
      ...(turns && { turns }),
      sizeOf: ({ body }) => Buffer.byteLength(body),
      prepare: (messages) => parseBatch(messages, deps.log),
      process: async (batch) => {
        const outcome = await processParsed(batch, deps, endsAt);
        this.#failed.push(...outcome.failed);
        return outcome;
      },
    });
  }

  /** Stores a batch. @param readsAhead see `Pump.step`, which also lists the errors */
  async step(waitMs: number, readsAhead: boolean): Promise<Drained> {
    this.#failed = [];
    const done = await this.#pump.step(waitMs, readsAhead);
    return { ...done, failed: this.#failed };
  }

  /** Releases what was read ahead. @throws the error of the queue, if it did not take the outcome of the last batch */
  async stop(): Promise<void> {
    await this.#pump.stop();
  }
}

/**
 * Returns when the time is up, or when the signal is aborted and the current batch is settled.
 * @throws the error of the last read, if it failed: the queue or the database was unavailable until the end.
 */
export async function drainQueue(
  deps: DrainDeps,
  { endsAt, graceMs = GRACE_MS, signal, turns = new Turns(signal), ...limits }: DrainOptions,
): Promise<Delivered> {
  const done: Delivered = { batches: 0, messages: 0 };
  const drain = new Drain(deps, endsAt + graceMs, limits, turns);
  let fault: unknown;
  let faults = 0;
  for (let left = endsAt - Date.now(); left > 0 && !signal?.aborted; left = endsAt - Date.now()) {
    try {
      const waitMs = Math.min(WAIT_MS, left);
      const { batches, messages } = await drain.step(waitMs, true);
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
  await drain.stop().catch((error: unknown) => {
    fault ??= error;
  });
  deps.log.info("drained", { ...done });
  if (fault !== undefined) throw fault;
  return done;
}
