import { Redis } from "ioredis";
import type { Config } from "../config.ts";
import { acknowledgeScript } from "../redis/acknowledge.ts";
import type { RedisConnection } from "../redis/client.ts";
import { depthScript, entryTime, toDepth } from "../redis/depth.ts";
import type { Shard } from "../redis/keys.ts";
import { probeShard } from "../redis/probe.ts";
import { redriveDeadScript } from "../redis/redrive-dead.ts";
import type { Depth, Message, Outgoing, Queue, ReceiveOptions } from "./queue.ts";

const GROUP = "worker";
/** All receivers share one name: the group's list of pending entries is what tells who may be given what, and names
 * made for each process would pile up in the group. */
const CONSUMER = "weir";
/** Dead letters that one script moves, so that it does not hold Redis up for long. */
const MOST_REDRIVEN = 25;
/** How much longer than its wait a read that waits may take, in milliseconds. */
const READER_MARGIN_MS = 2_000;
/** An entry of a stream as Redis answers it: id and a flat list of fields; the list is null for a deleted entry. */
type Entry = [id: string, fields: string[] | null];

type Settings = Pick<Config, "queueVisibilitySeconds" | "queueMaxDeliveries">;

/**
 * Redis Streams with one consumer group, in one shard. Of a cluster it doesn't wait for messages: `ShardedQueue` does,
 * for all shards. Durability is the server's: run it with an append-only file. */
export class RedisQueue implements Queue {
  readonly #redis: RedisConnection;
  readonly #shard: Shard;
  readonly #visibilityMs: number;
  readonly #maxDeliveries: number;
  #reader: Redis | undefined;
  /** Longest wait that the reader's time-out leaves room for. */
  #readerWaitMs = 0;

  constructor(redis: RedisConnection, shard: Shard, settings: Settings) {
    this.#redis = redis;
    this.#shard = shard;
    this.#visibilityMs = settings.queueVisibilitySeconds * 1_000;
    this.#maxDeliveries = settings.queueMaxDeliveries;
  }

  async send(messages: readonly Outgoing[]): Promise<void> {
    const batch = this.#redis.multi();
    for (const { body, events } of messages) {
      batch.xadd(this.#shard.queue, "*", "n", events, "m", body);
      if (events > 0) batch.hincrby(this.#shard.stats, "events", events);
      batch.hincrby(this.#shard.stats, "bytes", Buffer.byteLength(body));
    }
    const replies = await batch.exec();
    const failed = replies?.find(([error]) => error !== null);
    if (failed?.[0]) throw failed[0];
  }

  async receive({ maxMessages, waitMs }: ReceiveOptions): Promise<Message[]> {
    const abandoned = await this.#withGroup(() => this.#claim(maxMessages));
    if (abandoned.length > 0) return abandoned;
    return this.#withGroup(() => this.#readNew(maxMessages, waitMs));
  }

  async ack(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await acknowledgeScript(this.#redis, this.#acknowledgeKeys, [GROUP, "ack", ...ids]);
  }

  async fail(ids: readonly string[]): Promise<void> {
    await this.#handBack(ids);
  }

  async release(ids: readonly string[]): Promise<void> {
    // Counts as never delivered, so that an outage of the database doesn't fill the dead-letter stream.
    await this.#handBack(ids, "RETRYCOUNT", 0);
  }

  async redrive(limit: number): Promise<number> {
    const { dead, queue, stats } = this.#shard;
    let moved = 0;
    for (let wanted = limit; wanted > 0; wanted = limit - moved) {
      const count = Math.min(wanted, MOST_REDRIVEN);
      const done = Number(await redriveDeadScript(this.#redis, [dead, queue, stats], [count]));
      moved += done;
      if (done < count) break;
    }
    return moved;
  }

  async depth(): Promise<Depth> {
    const { queue, dead, stats } = this.#shard;
    return toDepth(await depthScript(this.#redis, [queue, dead, stats], []));
  }

  async probe(): Promise<void> {
    await probeShard(this.#redis, this.#shard);
  }

  async close(): Promise<void> {
    this.#reader?.disconnect();
    this.#reader = undefined;
    this.#readerWaitMs = 0;
    await Promise.resolve();
  }

  get #acknowledgeKeys(): string[] {
    const { queue, stats, dead } = this.#shard;
    return [queue, stats, dead];
  }

  /** Messages whose receiver has not acknowledged them in time; those that came round too often are set aside. */
  async #claim(count: number): Promise<Message[]> {
    const entries = await this.#abandoned(count);
    if (entries.length === 0) return [];
    const deliveries = await this.#deliveries(entries);
    const messages = entries.map((entry) => toMessage(entry, deliveries.get(entry[0]) ?? 1));
    const dead = messages.filter((message) => message.deliveries > this.#maxDeliveries).map(({ id }) => id);
    if (dead.length > 0)
      await acknowledgeScript(this.#redis, this.#acknowledgeKeys, [GROUP, "dead", ...dead]);
    return messages.filter((message) => message.deliveries <= this.#maxDeliveries);
  }

  /** One call looks at ten pending entries for each that is wanted, so what others hold could hide those behind it. */
  async #abandoned(count: number): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (let cursor = "0"; ; ) {
      const words = [this.#visibilityMs, cursor, "COUNT", count - entries.length] as const;
      const reply = await this.#redis.xautoclaim(this.#shard.queue, GROUP, CONSUMER, ...words);
      entries.push(...(reply[1] as Entry[]).filter((entry) => entry[1] !== null));
      cursor = String(reply[0]);
      if (cursor === "0-0" || entries.length >= count) return entries;
    }
  }

  async #deliveries(entries: readonly Entry[]): Promise<Map<string, number>> {
    // One look-up each, sent without waiting for the one before: a range could hold any number of others' entries.
    const pending = await Promise.all(
      entries.map(([id]) => this.#redis.xpending(this.#shard.queue, GROUP, id, id, 1)),
    );
    const rows = pending.flat() as [id: string, consumer: string, idle: number, deliveries: number][];
    return new Map(rows.map(([id, , , count]) => [id, count]));
  }

  async #readNew(count: number, waitMs: number): Promise<Message[]> {
    const group = ["GROUP", GROUP, CONSUMER, "COUNT", count] as const;
    const streams = ["STREAMS", this.#shard.queue, ">"] as const;
    // A blocking read holds its connection, so it has one of its own; nothing else may wait behind it.
    const reply = await (waitMs > 0 && this.#redis instanceof Redis
      ? this.#blockingReader(this.#redis, waitMs).xreadgroup(...group, "BLOCK", waitMs, ...streams)
      : this.#redis.xreadgroup(...group, ...streams));
    const [stream] = (reply ?? []) as [name: string, entries: Entry[]][];
    return (stream?.[1] ?? []).map((entry) => toMessage(entry, 1));
  }

  #blockingReader(redis: Redis, waitMs: number): Redis {
    if (waitMs > this.#readerWaitMs) {
      // Ends when the wait that another receiver may have begun with it is over.
      void this.#reader?.quit().catch(() => {});
      this.#reader = undefined;
      this.#readerWaitMs = waitMs;
    }
    // Both at once: a read that was sent again could take messages when its caller has given up.
    const longestMs = waitMs + READER_MARGIN_MS;
    this.#reader ??= redis.duplicate({ commandTimeout: longestMs, socketTimeout: longestMs });
    if (this.#reader.listenerCount("error") === 0) this.#reader.on("error", () => {});
    return this.#reader;
  }

  /** Makes the group anew where it is lost (a new or emptied server), from the first message on. */
  async #withGroup<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      // UNBLOCKED: the stream went away under a read that waited.
      if (!(error instanceof Error) || !/^(?:NOGROUP|UNBLOCKED) /.test(error.message)) throw error;
    }
    await this.#redis.xgroup("CREATE", this.#shard.queue, GROUP, "0", "MKSTREAM").catch((error: Error) => {
      if (!error.message.startsWith("BUSYGROUP")) throw error;
    });
    return run();
  }

  /** Lets the messages look as old as the visibility time, so that the next claim takes them. */
  async #handBack(ids: readonly string[], ...options: (string | number)[]): Promise<void> {
    if (ids.length === 0) return;
    const words = [
      this.#shard.queue,
      GROUP,
      CONSUMER,
      0,
      ...ids,
      "IDLE",
      this.#visibilityMs,
      ...options,
      "JUSTID",
    ];
    await this.#redis.call("XCLAIM", ...words);
  }
}

function toMessage([id, fields]: Entry, deliveries: number): Message {
  const at = fields?.indexOf("m") ?? -1;
  return { id, body: fields?.[at + 1] ?? "", deliveries, sentAt: entryTime(id) };
}
