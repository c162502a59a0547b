import type { KeepVisible } from "./keep-visible.ts";
import type { Message, Queue } from "./port.ts";
import { splitByBytes } from "./split.ts";

/** Ids of messages that were not processed. */
export interface Unprocessed {
  /** The message itself is at fault: the delivery counts. */
  failed: readonly string[];
  /** The message is not at fault, or time ran out. */
  untried: readonly string[];
  /** Work that is left, and that acknowledgements need not wait for; never rejects. */
  closing: Promise<void>;
}

export interface Delivery<M extends Message> {
  /** Most bytes of messages processed together; a larger message is processed alone. */
  maxBytes: number;
  sizeOf: (message: M) => number;
  /** Rejects if none of the messages is at fault. */
  process: (messages: readonly M[]) => Promise<Unprocessed>;
}

export interface Delivered {
  batches: number;
  /** Acknowledged or failed. */
  messages: number;
}

export interface Reported extends Delivered {
  /**
   * Resolves when the queue has taken each acknowledgement, and rejects with its error. Messages that it does not
   * acknowledge later by itself are delivered again soon.
   */
  reported: Promise<void>;
}

/**
 * Processes messages and reports each outcome to the queue. Untried messages are released at once.
 * @param keep keeps the messages invisible to other receivers; stopped at the end
 * @throws the error of the processing, or of returning failed messages. Unprocessed messages have then been released; if that fails too, they are delivered
 *   again after the visibility time-out.
 */
export async function deliver<M extends Message>(
  queue: Queue,
  keep: KeepVisible,
  messages: readonly M[],
  { maxBytes, sizeOf, process }: Delivery<M>,
): Promise<Reported> {
  const done: Delivered = { batches: 0, messages: 0 };
  const reports: Promise<void>[] = [];
  try {
    for (const batch of splitByBytes(messages, maxBytes, sizeOf)) {
      const { failed, untried, closing } = await process(batch);
      const unprocessed = new Set([...failed, ...untried]);
      const processed = batch.map(({ id }) => id).filter((id) => !unprocessed.has(id));
      const reporting = report(queue, keep, processed, failed);
      // It may fail before anybody awaits it.
      reporting.catch(() => {});
      reports.push(reporting, closing);
      // A receiver that already waits for new messages would not notice the returned ones.
      if (failed.length > 0) await reporting;
      done.batches++;
      done.messages += processed.length + failed.length;
      if (untried.length > 0) break;
    }
  } catch (error) {
    await Promise.allSettled(reports);
    throw error;
  } finally {
    await queue.release(await keep.stop()).catch(() => {});
  }
  const reported = Promise.all(reports).then(() => {});
  reported.catch(() => {});
  return { ...done, reported };
}

async function report(
  queue: Queue,
  keep: KeepVisible,
  processed: readonly string[],
  failed: readonly string[],
): Promise<void> {
  // At once, so that neither is released as if it had not been processed.
  await Promise.all([keep.letGo(processed), keep.letGo(failed)]);
  await acknowledge(queue, processed);
  await queue.fail(failed);
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
