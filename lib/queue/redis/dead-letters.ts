import type { RedisConnection } from "../../redis/connection.ts";
import type { Shard } from "../../redis/keys.ts";
import type { DeadLetter, DeadLetters } from "../dead-letters.ts";
import { entryTime } from "../lua/depth.ts";

/** Most messages that one command reads; each may have 1 MiB. */
const MOST_READ = 25;

interface Part {
  shard: Shard;
  /** Of its messages' ids. */
  prefix: string;
}

/** The dead-letter streams of all shards. */
export class RedisDeadLetters implements DeadLetters {
  readonly #redis: RedisConnection;
  readonly #parts: readonly Part[];

  constructor(redis: RedisConnection, parts: readonly Part[]) {
    this.#redis = redis;
    this.#parts = parts;
  }

  async list(limit: number): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    for (const { shard, prefix } of this.#parts)
      for (let start = "-"; letters.length < limit; ) {
        const count = Math.min(MOST_READ, limit - letters.length);
        const entries = await this.#redis.xrange(shard.dead, start, "+", "COUNT", count);
        letters.push(...entries.map(([id, fields]) => toLetter(prefix + id, fields)));
        const last = entries.at(-1)?.[0];
        if (last === undefined || entries.length < count) break;
        start = `(${last}`;
      }
    return letters;
  }

  async delete(ids: readonly string[]): Promise<number> {
    let deleted = 0;
    for (const { shard, prefix } of this.#parts) {
      const own = ids.filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length));
      // Redis refuses the whole command if one of them has another form.
      const valid = own.filter((id) => /^\d{1,20}-\d{1,20}$/.test(id));
      if (valid.length > 0) deleted += await this.#redis.xdel(shard.dead, ...valid);
    }
    return deleted;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** @param fields of the entry: the id that it had in the queue, which begins with the time of sending, and the message */
function toLetter(id: string, fields: readonly string[]): DeadLetter {
  const fieldOf = (name: string): string => {
    const at = fields.findIndex((field, index) => index % 2 === 0 && field === name);
    return at < 0 ? "" : (fields[at + 1] ?? "");
  };
  return { id, body: fieldOf("m"), sentAt: entryTime(fieldOf("id")) };
}
