import type { Queue } from "./port.ts";

/** Extensions per visibility time-out, so that a lost extension or a brief hang of the process is harmless. */
const EXTENSIONS = 3;

/**
 * Keeps messages invisible to other receivers while they are processed, however long that takes. A process that dies or
 * hangs extends nothing, and its messages are delivered again.
 */
export class KeepVisible {
  readonly #queue: Queue;
  readonly #ids: Set<string>;
  readonly #timer: NodeJS.Timeout;
  #extending: Promise<void> = Promise.resolve();

  /** Starts at once. @param ids messages that this queue has received */
  constructor(queue: Queue, ids: readonly string[]) {
    this.#queue = queue;
    this.#ids = new Set(ids);
    this.#timer = setInterval(() => this.#extend(), queue.visibilityMs / EXTENSIONS);
  }

  /** Resolves when these are no longer extended, so that no extension overrides what the caller does next. */
  async letGo(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#ids.delete(id);
    await this.#extending;
  }

  /** @returns ids that were not let go */
  async stop(): Promise<string[]> {
    clearInterval(this.#timer);
    await this.#extending;
    return [...this.#ids];
  }

  #extend(): void {
    // If the queue is unavailable, settling the messages reports it.
    this.#extending = this.#extending.then(() => this.#queue.extend([...this.#ids])).catch(() => {});
  }
}
