/**
 * Reads the queue and settles what it holds until the time is up. Any number of these may run at once: the queue hands
 * each message to one of them, and what one of them drops comes back to another.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Deps } from "./deps.ts";
import { drain } from "./drain.ts";
import type { Message } from "./queue/queue.ts";
import { splitByBytes } from "./queue/split.ts";

export interface DrainOptions {
  /** When to stop reading, in milliseconds since the Unix epoch. */
  endsAt: number;
  /** Messages to read at the most, by default 200. */
  maxMessages?: number;
  /** Bytes of messages that one transaction settles at about the most, by default 5 MiB, as SQS would hand to a worker. */
  maxBytes?: number;
}

export interface Drained {
  batches: number;
  messages: number;
}

/** How long a read waits for a first message. */
const WAIT_MS = 2_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Returns when the time is up.
 * @throws what the last attempt failed with, if it did: the queue or the database was away until the end. All that
 *   was read and not settled has been given back then.
 */
export async function drainQueue(deps: Deps, options: DrainOptions): Promise<Drained> {
  const { endsAt, maxMessages = 200, maxBytes = 5 * 1024 * 1024 } = options;
  const done: Drained = { batches: 0, messages: 0 };
  let fault: unknown;
  let faults = 0;
  for (let left = endsAt - Date.now(); left > 0; left = endsAt - Date.now()) {
    try {
      const messages = await deps.queue.receive({ maxMessages, waitMs: Math.min(WAIT_MS, left) });
      await settle(
        deps,
        splitByBytes(messages, maxBytes, ({ body }) => Buffer.byteLength(body)),
        done,
      );
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

async function settle(deps: Deps, batches: readonly Message[][], done: Drained): Promise<void> {
  for (const [index, batch] of batches.entries()) {
    try {
      const failed = new Set(await drain(batch, deps));
      const ids = batch.map(({ id }) => id);
      await deps.queue.ack(ids.filter((id) => !failed.has(id)));
      await deps.queue.fail(ids.filter((id) => failed.has(id)));
    } catch (error) {
      const unsettled = batches.slice(index).flat();
      // If this fails as well, the messages come back by themselves after the visibility time.
      await deps.queue.release(unsettled.map(({ id }) => id)).catch(() => {});
      throw error;
    }
    done.batches++;
    done.messages += batch.length;
  }
}
