/** The notes of pending receipts, in Redis: each client's notes are in its shard, see docs/decisions/0023. */
import type { Config } from "../config/config.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shard } from "../redis/keys.ts";
import type { Shards } from "../redis/shards.ts";
import { dropNotesScript } from "./lua/drop-notes.ts";
import { giveUpScript } from "./lua/give-up.ts";
import { settleScript } from "./lua/settle.ts";
import type { Place } from "./place.ts";

/** Maximum parts that one script changes, so that it does not block Redis for long. */
const MOST_PARTS = 1_000;

export class Notes {
  readonly #redis: RedisConnection;
  readonly #shards: Shards;
  readonly #queue: Config["queue"];

  constructor(redis: RedisConnection, shards: Shards, queue: Config["queue"]) {
    this.#redis = redis;
    this.#shards = shards;
    this.#queue = queue;
  }

  /** Removes settled parts from their notes; ignores parts that are not there. @throws if Redis fails */
  async settle(parts: readonly (Omit<SettledPart, "clientId"> & Pick<GivenUp, "clientId">)[]): Promise<void> {
    await this.#byShard(parts, (shard, own) => {
      const keys = [...shard.notes, shard.decided(0), shard.decided(1)];
      const groups = Map.groupBy(own, ({ place, events }) => `${place.part} ${events}`);
      const words = [...groups.values()].flatMap((group) => {
        const [{ place, events }] = group as [(typeof group)[number]];
        return [place.part, events, group.length, ...group.map((part) => part.place.id)];
      });
      return settleScript(this.#redis, keys, [this.#queue, ...words]);
    });
  }

  /** Marks parts as dead. @throws if Redis fails */
  async giveUp(messages: readonly GivenUp[]): Promise<void> {
    await this.#byShard(messages, (shard, own) => {
      const words = own.flatMap(({ place }) => [place.id, place.part]);
      return giveUpScript(this.#redis, shard.notes, [this.#queue, ...words]);
    });
  }

  /** Removes notes, with the events that they count as waiting. @throws if Redis fails */
  async drop(shard: Shard, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await dropNotesScript(this.#redis, shard.notes, [this.#queue, ...ids]);
  }

  async #byShard<T extends { clientId: string | undefined }>(
    parts: readonly T[],
    run: (shard: Shard, own: readonly T[]) => Promise<unknown>,
  ): Promise<void> {
    const byShard = Map.groupBy(parts, ({ clientId }) =>
      clientId === undefined ? this.#shards.first : this.#shards.of(clientId),
    );
    await Promise.all(
      [...byShard].map(async ([shard, own]) => {
        for (let at = 0; at < own.length; at += MOST_PARTS) await run(shard, own.slice(at, at + MOST_PARTS));
      }),
    );
  }
}

/** A part of a receipt that PostgreSQL has settled. */
export interface SettledPart {
  place: Place;
  clientId: string;
  events: number;
}
/** A message that failed and will not be delivered again. */
export interface GivenUp {
  /** The receipt's id, or the message's if it belongs to no receipt, and the part. */
  place: Place;
  /** The client whose accepted events it carries; undefined for a message that belongs to no receipt. */
  clientId: string | undefined;
}
