/** Second steps of requests whose events SQS took, repeated where Redis failed. */
import type { Log } from "../log.ts";
import type { RedisConnection } from "../redis/client.ts";
import { confirmScript } from "../redis/confirm.ts";

/** Words for `confirmScript`. */
interface Confirmation {
  /** Of the request. */
  id: string;
  keys: readonly string[];
  args: readonly (string | number)[];
}

/** Confirmations that are kept; a batch of 1,000 events has about 100 kB. */
const MOST_KEPT = 200;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Where Redis fails, the confirmation is kept and repeated, before the next one and by a timer, until Redis has taken it.
 * Its events count as waiting since their admission; what is late is the correction where SQS refused some, and the
 * marks. When the instance ends before that, the next look at the notes puts them right (lib/waiting.ts).
 */
export class Confirmations {
  readonly #redis: RedisConnection;
  readonly #log: Log;
  #kept: Confirmation[] = [];
  #repeating: Promise<void> | undefined;
  #faults = 0;

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
      if (this.#kept.length >= MOST_KEPT) this.#kept.shift();
      this.#kept.push(confirmation);
      this.#repeatLater();
    }
  }

  #run({ keys, args }: Confirmation): Promise<unknown> {
    return confirmScript(this.#redis, keys, args);
  }

  #repeatLater(): void {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#faults++, LONGEST_PAUSE_MS);
    // The process may end nevertheless.
    setTimeout(() => void this.#repeat(), pauseMs).unref();
  }

  /** One at a time, oldest first, until one fails. */
  #repeat(): Promise<void> {
    this.#repeating ??= this.#repeatKept().finally(() => {
      this.#repeating = undefined;
    });
    return this.#repeating;
  }

  async #repeatKept(): Promise<void> {
    for (let next = this.#kept[0]; next !== undefined; next = this.#kept[0]) {
      try {
        await this.#run(next);
      } catch {
        if (this.#redis.status !== "end") this.#repeatLater();
        return;
      }
      this.#kept = this.#kept.filter((one) => one !== next);
      this.#faults = 0;
    }
  }
}
