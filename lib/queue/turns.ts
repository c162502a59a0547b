/** How the receivers of a process share a queue that has little. */
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Shortest time between two reads of a process while batches are small, in milliseconds. A batch has fixed
 * costs of several milliseconds, so that many small batches would use all processors at a few hundred messages a second
 * (docs/decisions/0034). An event may wait for as long until it can be queried.
 */
const PAUSE_MS = 20;

interface Read {
  /** True for a batch whose fixed costs no longer matter. */
  isLarge: boolean;
  messages: readonly unknown[];
}

/**
 * Lets the receivers of a process read one after the other, with pauses, until a batch is large: then they read at the same
 * time, without pauses, until one is not.
 */
export class Turns {
  readonly #signal: AbortSignal | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isBusy = false;
  #notBefore = 0;

  /** @param signal ends the waiting for turns */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /**
   * Calls `read` in its turn.
   * @returns undefined if the signal was aborted before the turn came
   * @throws the error of `read`
   */
  async take<R extends Read>(read: () => Promise<R>): Promise<R | undefined> {
    if (this.#isBusy) return this.#note(read);
    const before = this.#last;
    const turn = Promise.withResolvers<void>();
    this.#last = turn.promise;
    try {
      await before;
      await this.#pause();
      if (this.#signal?.aborted) return undefined;
      return await this.#note(read);
    } finally {
      turn.resolve();
    }
  }

  async #note<R extends Read>(read: () => Promise<R>): Promise<R> {
    const got = await read();
    this.#isBusy = got.isLarge;
    if (got.messages.length > 0) this.#notBefore = performance.now() + PAUSE_MS;
    return got;
  }

  async #pause(): Promise<void> {
    const pauseMs = this.#isBusy ? 0 : this.#notBefore - performance.now();
    if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: this.#signal }).catch(() => {});
  }
}
