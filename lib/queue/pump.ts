import { type Delivered, type Delivery, deliver } from "./deliver.ts";
import { bytesOf } from "./fill.ts";
import { KeepVisible } from "./keep-visible.ts";
import type { Message, Queue } from "./port.ts";
import type { Turns } from "./turns.ts";

export interface PumpOptions<M extends Message> extends Delivery<M> {
  /** Most messages of a batch. Its bytes are limited to about `maxBytes`. */
  maxMessages: number;
  /** Prepares messages for processing, such as by parsing them; with a batch that is read ahead, meanwhile. */
  prepare: (messages: readonly Message[]) => Promise<readonly M[]>;
  /** When to read, if the process has several receivers; otherwise at any time. */
  turns?: Turns;
}

/** Messages in this process's hands, which other receivers do not see. */
interface Batch<M extends Message> {
  messages: readonly M[];
  keep: KeepVisible;
  /** True if the queue gave as much as was requested, and so probably has more. */
  isFull: boolean;
  /** True if it is at least a quarter of that. */
  isLarge: boolean;
}

const LARGE = 1 / 4;

/**
 * Moves messages from a queue through their processing, batch by batch. While the queue has more than a batch, it reads
 * the next one during the processing of the current one; and it begins with the next one while the queue still takes the
 * outcome of the one before.
 *
 * Not while the queue has less: a batch that is read ahead would then have one message, and those that arrive after it
 * would wait for its transaction. Nor after a failure, until a batch succeeds: what is read ahead would be received and
 * released in vain, which SQS counts as a delivery.
 */
export class Pump<M extends Message> {
  readonly #queue: Queue;
  readonly #options: PumpOptions<M>;
  /** At most one batch. */
  #ahead: Promise<Batch<M>> | undefined;
  #reported: Promise<void> = Promise.resolve();
  #isHealthy = true;

  constructor(queue: Queue, options: PumpOptions<M>) {
    this.#queue = queue;
    this.#options = options;
  }

  /**
   * Receives a batch, unless one has been read ahead, and processes it.
   * @param waitMs how long to wait for a first message
   * @param readsAhead whether to read another batch meanwhile, if there is one; `stop` releases it
   * @returns number of received messages, and what became of them
   * @throws the error of the queue or the processing, also that of reporting an earlier batch to the queue. Messages that
   *   were not processed have then been released.
   */
  async step(waitMs: number, readsAhead: boolean): Promise<Delivered & { received: number }> {
    try {
      const batch = await this.#next(waitMs);
      if (readsAhead && batch.isFull && this.#isHealthy) {
        this.#ahead = this.#read(0);
        this.#ahead.catch(() => {});
      }
      const { messages } = batch;
      const { reported, ...done } = await deliver(this.#queue, batch.keep, messages, this.#options);
      const earlier = this.#reported;
      this.#reported = reported;
      await earlier;
      this.#isHealthy = true;
      return { ...done, received: messages.length };
    } catch (error) {
      this.#isHealthy = false;
      await this.#release();
      throw error;
    }
  }

  /**
   * Releases what was read ahead, and waits until the queue has taken every outcome.
   * @throws the error of the queue
   */
  async stop(): Promise<void> {
    await this.#release();
    const reported = this.#reported;
    this.#reported = Promise.resolve();
    await reported;
  }

  async #next(waitMs: number): Promise<Batch<M>> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const batch = await ahead;
    if (batch && batch.messages.length > 0) return batch;
    await batch?.keep.stop();
    const { turns } = this.#options;
    const read = (): Promise<Batch<M>> => this.#read(waitMs);
    return (
      (await (turns ? turns.take(read) : read())) ?? {
        messages: [],
        keep: this.#keep([]),
        isFull: false,
        isLarge: false,
      }
    );
  }

  async #read(waitMs: number): Promise<Batch<M>> {
    const { maxMessages, maxBytes, prepare } = this.#options;
    const received = await this.#queue.receive({ maxMessages, maxBytes, waitMs });
    const keep = this.#keep(received);
    try {
      const share = Math.max(received.length / maxMessages, bytesOf(received) / maxBytes);
      return { messages: await prepare(received), keep, isFull: share >= 1, isLarge: share >= LARGE };
    } catch (error) {
      await this.#queue.release(await keep.stop()).catch(() => {});
      throw error;
    }
  }

  #keep(received: readonly Message[]): KeepVisible {
    return new KeepVisible(
      this.#queue,
      received.map(({ id }) => id),
    );
  }

  async #release(): Promise<void> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const batch = await ahead?.catch(() => undefined);
    if (batch) await this.#queue.release(await batch.keep.stop()).catch(() => {});
  }
}
