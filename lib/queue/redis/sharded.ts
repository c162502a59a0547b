import { setTimeout as sleep } from "node:timers/promises";
import { bytesOf } from "../fill.ts";
import type { Depth, Message, Outgoing, Queue, ReceiveOptions } from "../port.ts";

/** Pauses between two looks at empty shards, in milliseconds: the first and the longest. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;
/** How long a shard that failed is left alone, so that the messages of the others do not wait for it again and again. */
const REST_MS = 5_000;

interface Part {
  queue: Queue;
  /** In front of the ids of its messages. */
  prefix: string;
  /** When it may be asked again, in milliseconds of `performance.now()`. */
  restsUntil: number;
}

/**
 * One queue made of several, each in a shard of its own. A message's id names its queue: "3:1700-0" is the third's. Nobody
 * can wait for messages in several slots of a cluster at once, so this asks, again and again.
 */
export class ShardedQueue implements Queue {
  readonly #parts: readonly Part[];
  /** Whose turn it is to be asked first. */
  #turn: number;

  /** @param queues one at the least, always in the same order. They are closed with this one. */
  constructor(queues: readonly Queue[]) {
    this.#parts = queues.map((queue, number) => ({ queue, prefix: `${number}:`, restsUntil: 0 }));
    this.#turn = this.#anyNumber();
  }

  get visibilityMs(): number {
    return this.#parts[0]?.queue.visibilityMs ?? 0;
  }

  /** To any shard; where that one is away, to another. */
  async send(messages: readonly Outgoing[]): Promise<void> {
    const start = this.#anyNumber();
    const [first, second] = this.#awake([...this.#parts.slice(start), ...this.#parts.slice(0, start)]);
    try {
      await first?.queue.send(messages);
    } catch (error) {
      if (first) first.restsUntil = performance.now() + REST_MS;
      if (!second) throw error;
      await second.queue.send(messages);
    }
  }

  /**
   * As of every queue. Messages of the shards that answer come also while others do not.
   * @throws when none of them answers
   */
  async receive({ maxMessages, maxBytes, waitMs }: ReceiveOptions): Promise<Message[]> {
    const endsAt = performance.now() + waitMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const messages = await this.#look(maxMessages, maxBytes);
      const leftMs = endsAt - performance.now();
      if (messages.length > 0 || leftMs <= 0) return messages;
      await sleep(Math.min(pauseMs, leftMs));
    }
  }

  async extend(ids: readonly string[]): Promise<void> {
    await this.#forEach(ids, (queue, own) => queue.extend(own));
  }

  async ack(ids: readonly string[]): Promise<void> {
    await this.#forEach(ids, (queue, own) => queue.ack(own));
  }

  async fail(ids: readonly string[]): Promise<void> {
    await this.#forEach(ids, (queue, own) => queue.fail(own));
  }

  async release(ids: readonly string[]): Promise<void> {
    await this.#forEach(ids, (queue, own) => queue.release(own));
  }

  async redrive(limit: number): Promise<number> {
    let moved = 0;
    for (const { queue } of this.#parts) if (moved < limit) moved += await queue.redrive(limit - moved);
    return moved;
  }

  async depth(): Promise<Depth> {
    const depths = await Promise.all(this.#parts.map(({ queue }) => queue.depth()));
    return depths.reduce((sum, depth) => ({
      messages: sum.messages + depth.messages,
      events: sum.events + depth.events,
      oldestAgeMs: Math.max(sum.oldestAgeMs, depth.oldestAgeMs),
      drainPerSecond: sum.drainPerSecond + depth.drainPerSecond,
      deadLetters: sum.deadLetters + depth.deadLetters,
      lostMs: Math.max(sum.lostMs, depth.lostMs),
    }));
  }

  /** A client's events go to its own shard and no other, so every shard has to take them. */
  async probe(): Promise<void> {
    await Promise.all(this.#parts.map(({ queue }) => queue.probe()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.map(({ queue }) => queue.close()));
  }

  #anyNumber(): number {
    return Math.floor(Math.random() * this.#parts.length);
  }

  /** One look at every shard, at all of them together while there is room for a message of each. */
  async #look(maxMessages: number, maxBytes = Number.POSITIVE_INFINITY): Promise<Message[]> {
    const messages: Message[] = [];
    const faults: unknown[] = [];
    const toAsk = this.#inTurn();
    let answers = 0;
    let bytes = 0;
    while (toAsk.length > 0 && messages.length < maxMessages && bytes < maxBytes) {
      const room = maxMessages - messages.length;
      const asked = toAsk.splice(0, room);
      const share = Math.floor(room / asked.length);
      const limits = { maxMessages: share, maxBytes: (maxBytes - bytes) / asked.length };
      for (const [index, result] of (
        await Promise.allSettled(asked.map((part) => take(part, limits)))
      ).entries()) {
        const part = asked[index] as Part;
        if (result.status === "rejected") {
          part.restsUntil = performance.now() + REST_MS;
          faults.push(result.reason);
          continue;
        }
        answers++;
        messages.push(...result.value);
        bytes += bytesOf(result.value);
        // It may have more, for which the others have left room.
        if (result.value.length === share) toAsk.push(part);
      }
    }
    if (answers === 0 && faults.length > 0) throw faults[0];
    return messages;
  }

  /** Every look begins with another shard. */
  #inTurn(): Part[] {
    const turn = this.#turn++ % this.#parts.length;
    return this.#awake([...this.#parts.slice(turn), ...this.#parts.slice(0, turn)]);
  }

  /** Where all are at rest, all are asked: somebody must find out. */
  #awake(parts: Part[]): Part[] {
    const now = performance.now();
    const awake = parts.filter(({ restsUntil }) => restsUntil <= now);
    return awake.length > 0 ? awake : parts;
  }

  /** Lets each shard do its part, also where another one fails. */
  async #forEach(
    ids: readonly string[],
    run: (queue: Queue, own: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const results = await Promise.allSettled(
      this.#parts.map(async ({ queue, prefix }) => {
        const own = ids.filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length));
        if (own.length > 0) await run(queue, own);
      }),
    );
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }
}

async function take(
  { queue, prefix }: Part,
  limits: Pick<ReceiveOptions, "maxMessages" | "maxBytes">,
): Promise<Message[]> {
  const messages = await queue.receive({ ...limits, waitMs: 0 });
  return messages.map((message) => ({ ...message, id: prefix + message.id }));
}
