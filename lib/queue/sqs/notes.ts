import { decayedRate } from "../../pending/lua/drain-rate.ts";
import { giveUpScript } from "../../pending/lua/give-up.ts";
import { notesDepthScript } from "../../pending/lua/notes-depth.ts";
import { openNotesScript } from "../../pending/lua/open-notes.ts";
import { Notes } from "../../pending/notes.ts";
import type { RedisConnection } from "../../redis/connection.ts";
import type { Shard } from "../../redis/keys.ts";
import type { Shards } from "../../redis/shards.ts";
import { clientOfBody, countEvents, parseMessage } from "../message.ts";
import type { Depth } from "../port.ts";
import type { Moved } from "./dead-letters.ts";

type NotedDepth = Omit<Depth, "messages" | "deadLetters">;

/**
 * Notes in Redis on the SQS queue, since SQS reports neither how many events wait nor how old the oldest message is.
 * Accepted events have their receipt's note, which ingest opens and the worker closes. Messages whose events have no
 * receipt (of a quarantine redrive) have their own note, under the SQS id, in the first shard.
 */
export class SqsNotes {
  readonly #redis: RedisConnection;
  readonly #shards: Shards;
  readonly #notes: Notes;

  constructor(redis: RedisConnection, shards: Shards) {
    this.#redis = redis;
    this.#shards = shards;
    this.#notes = new Notes(redis, shards, "sqs");
  }

  /** Opens notes for messages that SQS accepted, each in its client's shard. @throws if Redis fails */
  async open(messages: readonly { id: string; body: string; events: number }[]): Promise<void> {
    const words: (string | number)[] = [];
    for (const { id, body, events } of messages) {
      const part = events > 0 ? acceptedOf(body) : undefined;
      if (part) await openNotesScript(this.#redis, this.#shards.of(part.clientId).notes, [...part.words, ""]);
      else if (events > 0) words.push(id, 0, events, "*", Date.now(), "");
    }
    if (words.length > 0) await openNotesScript(this.#redis, this.#shards.first.notes, words);
  }

  /** Closes notes of messages without a receipt; others are ignored. @throws if Redis fails */
  async close(ids: readonly string[]): Promise<void> {
    await this.#notes.settle(ids.map((id) => ({ place: { id, part: 0 }, clientId: undefined, events: 0 })));
  }

  /** Removes dead letters from the depth. @throws if Redis fails */
  async giveUp(messages: readonly { id: string; body: string }[]): Promise<void> {
    for (const { id, body } of messages) {
      const part = acceptedOf(body);
      const shard = part ? this.#shards.of(part.clientId) : this.#shards.first;
      await giveUpScript(this.#redis, shard.notes, ["sqs", ...(part ? part.words.slice(0, 2) : [id, 0])]);
    }
  }

  /** Counts redriven dead letters as waiting, each in its client's shard. @throws if Redis fails */
  async revive(moved: readonly Moved[]): Promise<void> {
    // A message still has its note if its worker died and SQS moved it to the dead-letter queue by itself.
    await this.giveUp(moved);
    await this.open(moved.map(({ newId, body }) => ({ id: newId, body, events: countEvents(body) })));
  }

  /** True if no recount is due, according to Redis. @throws if Redis fails */
  async areComplete(): Promise<boolean> {
    const done = await Promise.all(this.#shards.all.map(({ counted }) => this.#redis.hget(counted, "done")));
    return done.every((value) => value === "1");
  }

  /**
   * Opens missing notes for accepted events that were found in SQS.
   * @returns number of parts that were unknown
   * @throws if Redis fails
   */
  async openFound(bodies: readonly string[]): Promise<number> {
    const byShard = Map.groupBy(
      bodies.flatMap((body) => acceptedOf(body) ?? []),
      ({ clientId }) => this.#shards.of(clientId),
    );
    const opened = await Promise.all(
      [...byShard].map(([shard, parts]) => {
        const words = parts.flatMap((part) => [...part.words, part.at]);
        return openNotesScript(this.#redis, shard.notes, words);
      }),
    );
    return opened.reduce((sum: number, count) => sum + Number(count), 0);
  }

  async depth(): Promise<NotedDepth> {
    const notes = await Promise.all(this.#shards.all.map((shard) => this.#read(shard)));
    return {
      events: notes.reduce((sum, { events }) => sum + events, 0),
      oldestAgeMs: Math.max(...notes.map(({ oldestAgeMs }) => oldestAgeMs)),
      drainPerSecond: notes.reduce((sum, { drainPerSecond }) => sum + drainPerSecond, 0),
      lostMs: Math.max(...notes.map(({ lostMs }) => lostMs)),
    };
  }

  async #read({ stats, open, counted }: Shard): Promise<NotedDepth> {
    const reply = await notesDepthScript(this.#redis, [stats, open, counted], []);
    const [oldest, events, rate, rateAt, now, lost] = reply as [string, ...(string | number | null)[]];
    const nowMs = Number(now);
    return {
      events: Math.max(0, Number(events ?? 0)),
      oldestAgeMs: oldest === "" ? 0 : Math.max(0, nowMs - Number(oldest)),
      drainPerSecond: decayedRate(Number(rate ?? 0), Number(rateAt ?? nowMs), nowMs),
      lostMs: Number(lost),
    };
  }
}

interface AcceptedPart {
  clientId: string;
  at: number;
  /** ARGV of `openNotesScript` up to the time since when the part waits. */
  words: (string | number)[];
}

function acceptedOf(body: string): AcceptedPart | undefined {
  const clientId = clientOfBody(body);
  if (clientId === undefined) return undefined;
  const { header, lines } = parseMessage(body);
  const { id, part = 0, at } = header;
  return { clientId, at, words: [id, part, lines.length, clientId, at] };
}
