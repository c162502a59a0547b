import type { Queue } from "./port.ts";

/** Extensions within the visibility time: one that is lost, or a process that hangs for a moment, does no harm. */
const EXTENSIONS = 3;

/**
 * Keeps messages out of other readers' sight for as long as they are being worked on, however long that takes. A process
 * that dies or hangs extends nothing, and its messages come again.
 */
export class KeepVisible {
  readonly #queue: Queue;
  readonly #ids: Set<string>;
  readonly #timer: NodeJS.Timeout;
  #extending: Promise<void> = Promise.resolve();

  /** Begins at once. @param ids messages that this queue has received */
  constructor(queue: Queue, ids: readonly string[]) {
    this.#queue = queue;
    this.#ids = new Set(ids);
    this.#timer = setInterval(() => this.#extend(), queue.visibilityMs / EXTENSIONS);
  }

  /** Resolves when these are extended no more, so that whatever happens to them next is what lasts. */
  async letGo(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#ids.delete(id);
    await this.#extending;
  }

  /** @returns messages that were not let go */
  async stop(): Promise<string[]> {
    clearInterval(this.#timer);
    await this.#extending;
    return [...this.#ids];
  }

  #extend(): void {
    // The queue being away is noticed by whoever settles the messages.
    this.#extending = this.#extending.then(() => this.#queue.extend([...this.#ids])).catch(() => {});
  }
}
