import { clientOfBody, countEvents } from "../message.ts";
import { decayedRate } from "../redis/acknowledge.ts";
import { bookScript } from "../redis/book.ts";
import { booksDepthScript } from "../redis/books-depth.ts";
import type { RedisConnection } from "../redis/client.ts";
import type { Shard } from "../redis/keys.ts";
import type { Shards } from "../redis/shards.ts";
import { unbookScript } from "../redis/unbook.ts";
import type { Depth } from "./queue.ts";
import type { Moved } from "./sqs-dead-letters.ts";

/** KEYS of the scripts that keep books of the messages, see `booksLua`. */
export const booksKeys = ({ stats, books, sent, done }: Shard): string[] => [stats, books, sent, done];

type BookedDepth = Omit<Depth, "messages" | "deadLetters">;

/** Books of the messages in SQS, in Redis: a client's in its shard, and those of nobody in the first one. */
export class SqsBooks {
  readonly #redis: RedisConnection;
  readonly #shards: Shards;

  constructor(redis: RedisConnection, shards: Shards) {
    this.#redis = redis;
    this.#shards = shards;
  }

  /** Enters messages without a client. @param words id and number of events of each */
  async book(words: readonly (string | number)[]): Promise<void> {
    if (words.length > 0) await bookScript(this.#redis, booksKeys(this.#shards.first), words);
  }

  /**
   * Takes messages out of the books of whichever shard has them.
   * @param how `ack` when their events were processed, `dead` when they were set aside
   */
  async unbook(how: "ack" | "dead", ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await Promise.all(
      this.#shards.all.map((shard) => unbookScript(this.#redis, booksKeys(shard), [how, ...ids])),
    );
  }

  /** Enters messages under new ids, in the place of those they were, each where it will be struck out: at its client. */
  async rebook(moved: readonly Moved[]): Promise<void> {
    // An old one is in the books still if SQS set it aside by itself, since its worker died.
    await this.unbook(
      "dead",
      moved.map(({ id }) => id),
    );
    const byShard = Map.groupBy(moved, ({ body }) => {
      const clientId = clientOfBody(body);
      return clientId === undefined ? this.#shards.first : this.#shards.of(clientId);
    });
    for (const [shard, own] of byShard) {
      const words = own.flatMap(({ newId, body }) => [newId, countEvents(body)]);
      await bookScript(this.#redis, booksKeys(shard), words);
    }
  }

  async depth(): Promise<BookedDepth> {
    const books = await Promise.all(this.#shards.all.map((shard) => this.#read(shard)));
    return {
      events: books.reduce((sum, { events }) => sum + events, 0),
      oldestAgeMs: Math.max(...books.map(({ oldestAgeMs }) => oldestAgeMs)),
      drainPerSecond: books.reduce((sum, { drainPerSecond }) => sum + drainPerSecond, 0),
    };
  }

  async #read({ stats, sent }: Shard): Promise<BookedDepth> {
    const reply = await booksDepthScript(this.#redis, [stats, sent], []);
    const [oldest, events, rate, rateAt, now] = reply as [string, ...(string | number | null)[]];
    const nowMs = Number(now);
    return {
      events: Math.max(0, Number(events ?? 0)),
      oldestAgeMs: oldest === "" ? 0 : Math.max(0, nowMs - Number(oldest)),
      drainPerSecond: decayedRate(Number(rate ?? 0), Number(rateAt ?? nowMs), nowMs),
    };
  }
}
