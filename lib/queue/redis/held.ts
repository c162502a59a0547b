/** What one receiver of a Redis queue has received, and how it removes that when it is processed. */
import type { RedisConnection } from "../../redis/connection.ts";
import type { Shard } from "../../redis/keys.ts";
import { acknowledgeScript, removeScript } from "../lua/acknowledge.ts";

/** Most messages that one script removes, so that it does not block Redis for long. */
const MOST_REMOVED = 1_000;

/** What a message counts in the queue's depth. */
interface Size {
  events: number;
  bytes: number;
}

export class HeldMessages {
  readonly #redis: RedisConnection;
  readonly #shard: Shard;
  readonly #group: string;
  /** Messages received, and neither acknowledged nor returned, by id. */
  readonly #sizes = new Map<string, Size>();
  /** Ids of processed messages whose acknowledgement is under way (false) or may have been lost (true). */
  readonly #processed = new Map<string, boolean>();

  constructor(redis: RedisConnection, shard: Shard, group: string) {
    this.#redis = redis;
    this.#shard = shard;
    this.#group = group;
  }

  get count(): number {
    return this.#sizes.size;
  }

  has(id: string): boolean {
    return this.#sizes.has(id);
  }

  add(id: string, size: Size): void {
    this.#sizes.set(id, size);
  }

  /** Gives messages up, except those whose acknowledgement will be repeated. @returns ids of the others */
  giveUp(ids: readonly string[]): string[] {
    const own = ids.filter((id) => !this.#processed.has(id));
    for (const id of own) this.#sizes.delete(id);
    return own;
  }

  /**
   * Removes processed messages from the queue. Unknown ids are ignored.
   * @throws if Redis fails; then `acknowledgeAgain` repeats it
   */
  async acknowledge(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#processed.set(id, false);
    try {
      for (let at = 0; at < ids.length; at += MOST_REMOVED)
        await this.#acknowledge(ids.slice(at, at + MOST_REMOVED));
    } finally {
      for (const id of ids) if (this.#processed.has(id)) this.#processed.set(id, true);
    }
  }

  /** Repeats acknowledgements that may have been lost. @throws if Redis fails */
  async acknowledgeAgain(): Promise<void> {
    await this.acknowledge([...this.#processed].flatMap(([id, isLost]) => (isLost ? id : [])));
  }

  /** Makes dead letters of messages. @throws if Redis fails */
  async bury(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#sizes.delete(id);
    await this.#remove("dead", ids);
  }

  async #acknowledge(ids: readonly string[]): Promise<void> {
    const { queue, stats } = this.#shard;
    const known: string[] = [];
    const unknown: string[] = [];
    const total: Size = { events: 0, bytes: 0 };
    let sizes = "";
    for (const id of ids) {
      const size = this.#sizes.get(id);
      (size ? known : unknown).push(id);
      if (!size) continue;
      total.events += size.events;
      total.bytes += size.bytes;
      sizes += `${size.events}:${size.bytes},`;
    }
    const words = [this.#group, total.events, total.bytes, sizes, ...known];
    await Promise.all([
      known.length > 0 && acknowledgeScript(this.#redis, [queue, stats], words),
      this.#remove("ack", unknown),
    ]);
    for (const id of ids) {
      this.#processed.delete(id);
      this.#sizes.delete(id);
    }
  }

  async #remove(outcome: "ack" | "dead", ids: readonly string[]): Promise<void> {
    const { queue, stats, dead } = this.#shard;
    if (ids.length > 0) await removeScript(this.#redis, [queue, stats, dead], [this.#group, outcome, ...ids]);
  }
}
