/** Audit rows that this instance could not queue and only logged: their ids, until the queue takes a row that names them. */

/** Most that are kept, and that one message names. */
const MOST_KEPT = 10_000;
const MOST_NAMED = 100;
const NONE: readonly string[] = [];

export class Unqueued {
  readonly #ids: string[] = [];

  /** What is beyond the most that are kept stays in the log and in the metric alone. */
  add(ids: readonly string[]): void {
    this.#ids.push(...ids.slice(0, MOST_KEPT - this.#ids.length));
  }

  /** Takes out the ids for one message. If the queue may not have taken it, they are to be added again: naming one twice does no harm. */
  take(): readonly string[] {
    return this.#ids.length === 0 ? NONE : this.#ids.splice(0, MOST_NAMED);
  }
}
