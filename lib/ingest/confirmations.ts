/** Second steps of requests whose events SQS took, repeated if Redis fails. */
import type { Log } from "../base/log.ts";
import type { RedisConnection } from "../redis/connection.ts";
import { confirmScript } from "./lua/confirm.ts";

/** KEYS and ARGV for `confirmScript`. */
export interface Confirmation {
  /** The request's id. */
  id: string;
  keys: readonly string[];
  args: readonly (string | number)[];
  /** True if nothing of the request was sent: withdraws its admission, of which Redis may have a note. */
  withdrawal: boolean;
}

/** Maximum confirmations kept; that of a batch of 1,000 events has about 100 kB. */
const MOST_KEPT = 200;
const AT_ONCE = 20;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * If Redis fails, the confirmation is kept and repeated, before the next one and by a timer, until Redis has taken it.
 * Its events count as waiting since their admission; only the marks, and the correction if SQS refused some, are late.
 * If the instance ends before that, the next look at the notes corrects them (lib/events/waiting.ts).
 */
export class Confirmations {
  readonly #redis: RedisConnection;
  readonly #log: Log;
  #kept: Confirmation[] = [];
  #repeating: Promise<void> | undefined;
  #faults = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: RedisConnection, log: Log) {
    this.#redis = redis;
    this.#log = log;
  }

  /** Repeats what is kept, so that the next request finds its marks. Never rejects. */
  async catchUp(): Promise<void> {
    if (this.#kept.length > 0) await this.#repeat();
  }

  /** Never rejects. */
  async confirm(confirmation: Confirmation): Promise<void> {
    try {
      await this.#run(confirmation);
    } catch (error) {
      const { id } = confirmation;
      this.#log.warn("not-confirmed", { request_id: id, error: error as Error });
      this.repeat(confirmation);
    }
  }

  /**
   * Keeps a confirmation to be repeated. If there are too many, confirmations of sent requests take precedence over
   * withdrawals, and earlier withdrawals over later ones: when Redis fails, the earlier ones' scripts may have run.
   */
  repeat(confirmation: Confirmation): void {
    if (this.#kept.length >= MOST_KEPT) {
      if (confirmation.withdrawal) return;
      const position = this.#kept.findLastIndex(({ withdrawal }) => withdrawal);
      this.#kept.splice(Math.max(0, position), 1);
    }
    this.#kept.push(confirmation);
    this.#repeatLater();
  }

  #run({ keys, args }: Confirmation): Promise<unknown> {
    return confirmScript(this.#redis, keys, args);
  }

  #repeatLater(): void {
    if (this.#timer !== undefined) return;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#faults++, LONGEST_PAUSE_MS);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#repeat();
    }, pauseMs);
    // The timer must not keep the process alive.
    this.#timer.unref();
  }

  #repeat(): Promise<void> {
    this.#repeating ??= this.#repeatKept().finally(() => {
      this.#repeating = undefined;
    });
    return this.#repeating;
  }

  /** Oldest first, in batches, until one fails. */
  async #repeatKept(): Promise<void> {
    while (this.#kept.length > 0) {
      const some = this.#kept.slice(0, AT_ONCE);
      const results = await Promise.allSettled(some.map((one) => this.#run(one)));
      const done = new Set(some.filter((_, position) => results[position]?.status === "fulfilled"));
      this.#kept = this.#kept.filter((one) => !done.has(one));
      if (done.size < some.length) {
        if (this.#redis.status !== "end") this.#repeatLater();
        return;
      }
      this.#faults = 0;
    }
  }
}
