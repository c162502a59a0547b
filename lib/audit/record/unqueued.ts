/** Ids of audit rows that this instance could not queue and only logged, until the queue accepts a row that names them. */

/** Maximum ids that are kept, and that one message names. */
const MOST_KEPT = 10_000;
const MOST_NAMED = 100;
const NONE: readonly string[] = [];

export class Unqueued {
  readonly #ids: string[] = [];

  /** Drops ids beyond `MOST_KEPT`: those rows are only in the log and in the metric. */
  add(ids: readonly string[]): void {
    this.#ids.push(...ids.slice(0, MOST_KEPT - this.#ids.length));
  }

  /** Removes the ids for one message. Add them again unless the queue confirms it: naming an id twice does no harm. */
  take(): readonly string[] {
    return this.#ids.length === 0 ? NONE : this.#ids.splice(0, MOST_NAMED);
  }
}
