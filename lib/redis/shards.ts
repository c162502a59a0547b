import { hash } from "node:crypto";
import { Shard } from "./keys.ts";

/**
 * Assigns clients to shards. All data of a client is in one shard, so that one script can access it. Instances with the same
 * count always agree; with another count clients would be separated from their data.
 */
export class Shards {
  readonly all: readonly Shard[];
  /** The shard of data without a client. */
  readonly first: Shard;

  /** @param count at least 1 */
  constructor(count: number) {
    this.first = new Shard(0);
    this.all = [this.first, ...Array.from({ length: count - 1 }, (_, n) => new Shard(n + 1))];
  }

  /** A client's shard. */
  of(clientId: string): Shard {
    if (this.all.length === 1) return this.first;
    // 32 bits of SHA-256: an even distribution, and client ids that share a shard can be found only by trial.
    const number = Number.parseInt(hash("sha256", clientId, "hex").slice(0, 8), 16) % this.all.length;
    return this.all[number] ?? this.first;
  }

  /** The shard in which a key is looked up: its client's, or one chosen by its hash while the client is unknown. */
  ofKey({ clientId, hash }: { clientId: string; hash: string }): Shard {
    return this.of(clientId === "" ? hash : clientId);
  }
}
