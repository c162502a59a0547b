import { setTimeout as sleep } from "node:timers/promises";
import { bytesOf } from "../fill.ts";
import type { Depth, Message, Outgoing, Queue, ReceiveOptions } from "../port.ts";

/** Pauses between polls of empty shards, in milliseconds: the first and the longest. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;
/** How long a failed shard is skipped, so that the others' messages do not wait for it repeatedly. */
const REST_MS = 5_000;

interface Part {
  queue: Queue;
  /** Prefix of its messages' ids. */
  prefix: string;
  /** When it may be polled again, in milliseconds of `performance.now()`. */
  restsUntil: number;
}

/**
 * One queue composed of several, each in its own shard. A message's id names its queue: "3:1700-0" is in shard 3. One
 * command cannot wait for messages in several slots of a cluster, so this class polls.
 */
export class ShardedQueue implements Queue {
  readonly #parts: readonly Part[];
  /** Number of the part that is polled first. */
  #turn: number;

  /** @param queues at least one, always in the same order; `close` closes them */
  constructor(queues: readonly Queue[]) {
    this.#parts = queues.map((queue, number) => ({ queue, prefix: `${number}:`, restsUntil: 0 }));
    this.#turn = this.#anyNumber();
  }

  get visibilityMs(): number {
    return this.#parts[0]?.queue.visibilityMs ?? 0;
  }

  /** Sends to a random shard; if that fails, to another. */
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
   * Returns messages of the shards that answer, even if others do not.
   * @throws if none of them answers
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

  async redrive(limit: number, ids?: readonly string[]): Promise<number> {
    let moved = 0;
    for (const { queue, prefix } of this.#parts) {
      const own = ids?.filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length));
      if (moved < limit) moved += await queue.redrive(limit - moved, own);
    }
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

  /** A client's events go only to its own shard, so every shard must be available. */
  async probe(): Promise<void> {
    await Promise.all(this.#parts.map(({ queue }) => queue.probe()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.map(({ queue }) => queue.close()));
  }

  #anyNumber(): number {
    return Math.floor(Math.random() * this.#parts.length);
  }

  /** Polls every shard once, concurrently while there is room for one message of each. */
  async #look(maxMessages: number, maxBytes = Number.POSITIVE_INFINITY): Promise<Message[]> {
    const messages: Message[] = [];
    const faults: unknown[] = [];
    const waiting = this.#inTurn();
    let answers = 0;
    let bytes = 0;
    while (waiting.length > 0 && messages.length < maxMessages && bytes < maxBytes) {
      const room = maxMessages - messages.length;
      const next = waiting.splice(0, room);
      const share = Math.floor(room / next.length);
      const limits = { maxMessages: share, maxBytes: (maxBytes - bytes) / next.length };
      for (const [index, result] of (
        await Promise.allSettled(next.map((part) => take(part, limits)))
      ).entries()) {
        const part = next[index] as Part;
        if (result.status === "rejected") {
          part.restsUntil = performance.now() + REST_MS;
          faults.push(result.reason);
          continue;
        }
        answers++;
        messages.push(...result.value);
        bytes += bytesOf(result.value);
        // It may have more, and the others may have left room.
        if (result.value.length === share) waiting.push(part);
      }
    }
    if (answers === 0 && faults.length > 0) throw faults[0];
    return messages;
  }

  /** Each poll begins with the next shard. */
  #inTurn(): Part[] {
    const turn = this.#turn++ % this.#parts.length;
    return this.#awake([...this.#parts.slice(turn), ...this.#parts.slice(0, turn)]);
  }

  /** If all shards are to be skipped, polls all of them, to notice when one recovers. */
  #awake(parts: Part[]): Part[] {
    const now = performance.now();
    const awake = parts.filter(({ restsUntil }) => restsUntil <= now);
    return awake.length > 0 ? awake : parts;
  }

  /** Runs on each shard, even if another one fails. */
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
