import { KeepVisible } from "./keep-visible.ts";
import type { Message, Queue } from "./port.ts";
import { splitByBytes } from "./split.ts";

/** Ids of messages that were not settled. */
export interface Unsettled {
  /** For a fault of their own: the delivery counts. */
  failed: readonly string[];
  /** For a fault that is not theirs, or for want of time. */
  untried: readonly string[];
}

export interface Delivery {
  /** Bytes of messages that are processed together, at the most; a larger message is processed alone. */
  maxBytes: number;
  sizeOf: (message: Message) => number;
  /** Rejects where the fault lies in none of the messages. */
  process: (messages: readonly Message[]) => Promise<Unsettled>;
}

export interface Delivered {
  batches: number;
  /** Acknowledged or failed. */
  messages: number;
}

/**
 * Has messages processed, and tells the queue of each what became of it. They stay out of other readers' sight meanwhile;
 * what was not tried is handed back at once.
 * @throws what the processing or the queue failed with; what was not settled has been handed back then. If even that
 *   fails, it comes again after the visibility time.
 */
export async function deliver(
  queue: Queue,
  messages: readonly Message[],
  { maxBytes, sizeOf, process }: Delivery,
): Promise<Delivered> {
  const keep = new KeepVisible(
    queue,
    messages.map(({ id }) => id),
  );
  const done: Delivered = { batches: 0, messages: 0 };
  try {
    for (const batch of splitByBytes(messages, maxBytes, sizeOf)) {
      const { failed, untried } = await process(batch);
      const unsettled = new Set([...failed, ...untried]);
      const settled = batch.map(({ id }) => id).filter((id) => !unsettled.has(id));
      await keep.letGo(settled);
      await acknowledge(queue, settled);
      await keep.letGo(failed);
      await queue.fail(failed);
      done.batches++;
      done.messages += settled.length + failed.length;
      if (untried.length > 0) break;
    }
  } finally {
    await queue.release(await keep.stop()).catch(() => {});
  }
  return done;
}

/** @throws when the queue does not take it. What it can't acknowledge later by itself comes again soon. */
async function acknowledge(queue: Queue, ids: readonly string[]): Promise<void> {
  try {
    await queue.ack(ids);
  } catch (error) {
    await queue.release(ids).catch(() => {});
    throw error;
  }
}
