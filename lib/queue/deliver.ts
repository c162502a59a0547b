import { KeepVisible } from "./keep-visible.ts";
import type { Message, Queue } from "./port.ts";
import { splitByBytes } from "./split.ts";

/** Ids of messages that were not processed. */
export interface Unprocessed {
  /** The message itself is at fault: the delivery counts. */
  failed: readonly string[];
  /** The message is not at fault, or time ran out. */
  untried: readonly string[];
}

export interface Delivery {
  /** Most bytes of messages processed together; a larger message is processed alone. */
  maxBytes: number;
  sizeOf: (message: Message) => number;
  /** Rejects if none of the messages is at fault. */
  process: (messages: readonly Message[]) => Promise<Unprocessed>;
}

export interface Delivered {
  batches: number;
  /** Acknowledged or failed. */
  messages: number;
}

/**
 * Processes messages and reports each outcome to the queue. Meanwhile they stay invisible to other receivers. Untried
 * messages are released at once.
 * @throws the error of the processing or the queue. Unprocessed messages have then been released; if that fails too, they
 *   are delivered again after the visibility time-out.
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
      const unprocessed = new Set([...failed, ...untried]);
      const processed = batch.map(({ id }) => id).filter((id) => !unprocessed.has(id));
      await keep.letGo(processed);
      await acknowledge(queue, processed);
      await keep.letGo(failed);
      await queue.fail(failed);
      done.batches++;
      done.messages += processed.length + failed.length;
      if (untried.length > 0) break;
    }
  } finally {
    await queue.release(await keep.stop()).catch(() => {});
  }
  return done;
}

/** @throws if the queue fails. Messages that it does not acknowledge later by itself are delivered again soon. */
async function acknowledge(queue: Queue, ids: readonly string[]): Promise<void> {
  try {
    await queue.ack(ids);
  } catch (error) {
    await queue.release(ids).catch(() => {});
    throw error;
  }
}
