import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import type { Config } from "../../config/config.ts";
import type { RedisConnection } from "../../redis/connection.ts";
import type { Shard } from "../../redis/keys.ts";
import { probeShard } from "../../redis/probe.ts";
import { fill } from "../fill.ts";
import { appendScript } from "../lua/append.ts";
import { depthScript, entryTime, toDepth } from "../lua/depth.ts";
import { pruneConsumersScript } from "../lua/prune-consumers.ts";
import { redriveDeadScript } from "../lua/redrive-dead.ts";
import type { Depth, Message, Outgoing, Queue, ReceiveOptions } from "../port.ts";
import { HeldMessages } from "./held.ts";

const GROUP = "worker";
/** Consumer that owns returned messages; nobody reads under this name. */
const NOBODY = "weir";
/** Most messages searched for lost ones at a time, beyond those that this receiver has. */
const MOST_LOST = 1_000;
/** Most dead letters that one script moves, so that it does not block Redis for long. */
const MOST_REDRIVEN = 25;
/** How much longer than its wait a blocking read may take, in milliseconds. */
const READER_MARGIN_MS = 2_000;
/** A stream entry in a Redis reply: id and a flat list of fields; the list is null for a deleted entry. */
type Entry = [id: string, fields: string[] | null];

/** A pending entry; `idle` in milliseconds. */
type Pending = [id: string, consumer: string, idle: number, deliveries: number];

type Settings = Pick<Config, "queueVisibilitySeconds" | "queueMaxDeliveries">;

/**
 * Redis Streams with one consumer group, in one shard. In a cluster it does not wait for messages: `ShardedQueue` does
 * so for all shards. Durability depends on the server: run it with an append-only file.
 *
 * Each receiver has its own consumer name, so that Redis can list the messages assigned to it. Those that the receiver
 * does not know were in a lost reply, and the next `receive` returns them to the queue.
 */
export class RedisQueue implements Queue {
  readonly #redis: RedisConnection;
  readonly #shard: Shard;
  readonly visibilityMs: number;
  readonly #maxDeliveries: number;
  readonly #consumer = `weir-${randomUUID()}`;
  readonly #held: HeldMessages;
  /** Calls of `receive` in progress. */
  #receiving = 0;
  #pruned = false;
  #reader: Redis | undefined;
  /** Longest wait that the reader's time-out allows. */
  #readerWaitMs = 0;

  constructor(redis: RedisConnection, shard: Shard, settings: Settings) {
    this.#redis = redis;
    this.#shard = shard;
    this.#held = new HeldMessages(redis, shard, GROUP);
    this.visibilityMs = settings.queueVisibilitySeconds * 1_000;
    this.#maxDeliveries = settings.queueMaxDeliveries;
  }

  async send(messages: readonly Outgoing[]): Promise<void> {
    const words = messages.flatMap(({ body, events }) => [events, body]);
    await appendScript(this.#redis, [this.#shard.queue, this.#shard.stats], words);
  }

  async receive(options: ReceiveOptions): Promise<Message[]> {
    this.#receiving++;
    try {
      await this.#held.acknowledgeAgain();
      return await this.#withGroup(() => this.#receive(options));
    } finally {
      this.#receiving--;
    }
  }

  async extend(ids: readonly string[]): Promise<void> {
    await this.#assign(this.#consumer, ids, "IDLE", 0);
  }

  async ack(ids: readonly string[]): Promise<void> {
    await this.#held.acknowledge(ids);
  }

  async fail(ids: readonly string[]): Promise<void> {
    await this.#handBack(ids);
  }

  async release(ids: readonly string[]): Promise<void> {
    // Resets the delivery count, so that a database outage does not fill the dead-letter stream.
    await this.#handBack(ids, "RETRYCOUNT", 0);
  }

  async redrive(limit: number, ids?: readonly string[]): Promise<number> {
    const { dead, queue, stats } = this.#shard;
    const most = Math.min(limit, ids?.length ?? limit);
    let moved = 0;
    for (let tried = 0; tried < most; tried += MOST_REDRIVEN) {
      const count = Math.min(most - tried, MOST_REDRIVEN);
      const some = ids?.slice(tried, tried + count) ?? [];
      const done = Number(await redriveDeadScript(this.#redis, [dead, queue, stats], [count, ...some]));
      moved += done;
      if (!ids && done < count) break;
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

  async #receive({ waitMs, ...limits }: ReceiveOptions): Promise<Message[]> {
    const held = this.#held.count;
    const [assigned, isAnyAbandoned] = await Promise.all([
      this.#countAssigned(),
      this.#isAnyAbandoned(),
      this.#pruneConsumers(),
    ]);
    const abandoned = isAnyAbandoned ? await fill(limits, (count) => this.#claim(count)) : [];
    if (abandoned.length > 0) return abandoned;
    if (assigned > held && (await this.#handBackLost())) return fill(limits, (count) => this.#claim(count));
    let wait = waitMs;
    return fill(limits, (count) => {
      const messages = this.#readNew(count, wait);
      wait = 0;
      return messages;
    });
  }

  /** Once per process is enough: only starting processes add names. */
  async #pruneConsumers(): Promise<void> {
    if (this.#pruned) return;
    await pruneConsumersScript(this.#redis, [this.#shard.queue], [GROUP, this.visibilityMs]);
    this.#pruned = true;
  }

  /** Number of messages assigned to this receiver, according to Redis. */
  async #countAssigned(): Promise<number> {
    const [, , , consumers] = (await this.#redis.xpending(this.#shard.queue, GROUP)) as [
      number,
      string | null,
      string | null,
      [name: string, count: string][] | null,
    ];
    return Number(consumers?.find(([name]) => name === this.#consumer)?.[1] ?? 0);
  }

  /**
   * Returns messages that Redis assigned to this receiver in a reply that never arrived; such a delivery does not count.
   * Does nothing while another `receive` is in progress, since its reply may still arrive.
   * @returns whether there were any
   */
  async #handBackLost(): Promise<boolean> {
    const range = ["-", "+", this.#held.count + MOST_LOST, this.#consumer] as const;
    const rows = (await this.#redis.xpending(this.#shard.queue, GROUP, ...range)) as Pending[];
    if (this.#receiving > 1) return false;
    const lost = rows.filter(([id]) => !this.#held.has(id));
    for (const [deliveries, some] of Map.groupBy(lost, (row) => row[3])) {
      const ids = some.map(([id]) => id);
      await this.#handBack(ids, "RETRYCOUNT", Math.max(0, deliveries - 1));
    }
    return lost.length > 0;
  }

  /** True if some message was not acknowledged in time. Searches all in one command, however many receivers hold. */
  async #isAnyAbandoned(): Promise<boolean> {
    const range = ["IDLE", this.visibilityMs, "-", "+", 1] as const;
    return (await this.#redis.xpending(this.#shard.queue, GROUP, ...range)).length > 0;
  }

  /** Claims messages not acknowledged in time; those delivered too often become dead letters. */
  async #claim(count: number): Promise<Message[]> {
    const entries = await this.#abandoned(count);
    if (entries.length === 0) return [];
    const counts = await this.#deliveries(entries);
    const deliveriesOf = ([id]: Entry): number => counts.get(id) ?? 1;
    const dead = entries.filter((entry) => deliveriesOf(entry) > this.#maxDeliveries);
    await this.#held.bury(dead.map(([id]) => id));
    return entries
      .filter((entry) => deliveriesOf(entry) <= this.#maxDeliveries)
      .map((entry) => this.#hold(entry, deliveriesOf(entry)));
  }

  /** XAUTOCLAIM scans only ten pending entries per requested one; entries that others hold could hide later ones. */
  async #abandoned(count: number): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (let cursor = "0"; ; ) {
      const words = [this.visibilityMs, cursor, "COUNT", count - entries.length] as const;
      const reply = await this.#redis.xautoclaim(this.#shard.queue, GROUP, this.#consumer, ...words);
      entries.push(...(reply[1] as Entry[]).filter((entry) => entry[1] !== null));
      cursor = String(reply[0]);
      if (cursor === "0-0" || entries.length >= count) return entries;
    }
  }

  async #deliveries(entries: readonly Entry[]): Promise<Map<string, number>> {
    // One pipelined look-up per entry: a range could include any number of other consumers' entries.
    const pending = await Promise.all(
      entries.map(([id]) => this.#redis.xpending(this.#shard.queue, GROUP, id, id, 1)),
    );
    const rows = pending.flat() as Pending[];
    return new Map(rows.map(([id, , , count]) => [id, count]));
  }

  async #readNew(count: number, waitMs: number): Promise<Message[]> {
    const group = ["GROUP", GROUP, this.#consumer, "COUNT", count] as const;
    const streams = ["STREAMS", this.#shard.queue, ">"] as const;
    // A blocking read has its own connection: other commands would wait behind it.
    const reply = await (waitMs > 0 && this.#redis instanceof Redis
      ? this.#blockingReader(this.#redis, waitMs).xreadgroup(...group, "BLOCK", waitMs, ...streams)
      : this.#redis.xreadgroup(...group, ...streams));
    const [stream] = (reply ?? []) as [name: string, entries: Entry[]][];
    return (stream?.[1] ?? []).map((entry) => this.#hold(entry, 1));
  }

  #hold([id, fields]: Entry, deliveries: number): Message {
    let body = "";
    let events = 0;
    for (let at = 0; fields !== null && at < fields.length; at += 2) {
      if (fields[at] === "m") body = fields[at + 1] ?? "";
      if (fields[at] === "n") events = Number(fields[at + 1]);
    }
    this.#held.add(id, { events, bytes: Buffer.byteLength(body) });
    return { id, body, deliveries, sentAt: entryTime(id) };
  }

  #blockingReader(redis: Redis, waitMs: number): Redis {
    if (waitMs > this.#readerWaitMs) {
      // QUIT takes effect after a wait that another receiver may have in progress on it.
      void this.#reader?.quit().catch(() => {});
      this.#reader = undefined;
      this.#readerWaitMs = waitMs;
    }
    // Equal time-outs: a read that is sent again could take messages after its caller has given up.
    const longestMs = waitMs + READER_MARGIN_MS;
    this.#reader ??= redis.duplicate({ commandTimeout: longestMs, socketTimeout: longestMs });
    if (this.#reader.listenerCount("error") === 0) this.#reader.on("error", () => {});
    return this.#reader;
  }

  /** Creates the group, from the first message, if it is missing (a new or emptied server). */
  async #withGroup<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      // UNBLOCKED: the stream was deleted during a blocking read.
      if (!(error instanceof Error) || !/^(?:NOGROUP|UNBLOCKED) /.test(error.message)) throw error;
    }
    await this.#redis.xgroup("CREATE", this.#shard.queue, GROUP, "0", "MKSTREAM").catch((error: Error) => {
      if (!error.message.startsWith("BUSYGROUP")) throw error;
    });
    return run();
  }

  /** Sets the messages' idle time to the visibility time-out, so that the next claim takes them. */
  async #handBack(ids: readonly string[], ...options: (string | number)[]): Promise<void> {
    // If the call fails they count as lost, and the next `receive` returns them.
    await this.#assign(NOBODY, this.#held.giveUp(ids), "IDLE", this.visibilityMs, ...options);
  }

  async #assign(consumer: string, ids: readonly string[], ...options: (string | number)[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#redis.call("XCLAIM", this.#shard.queue, GROUP, consumer, 0, ...ids, ...options, "JUSTID");
  }
}
