import { hash } from "node:crypto";
import { Shard } from "./keys.ts";

/**
 * Over how many shards the clients are spread, and who is where. All of a client is in one shard, so that one script
 * sees it. Other instances of the same number agree, always; with another number clients would move away from their data.
 */
export class Shards {
  readonly all: readonly Shard[];
  /** Of what belongs to no client. */
  readonly first: Shard;

  /** @param count 1 at the least */
  constructor(count: number) {
    this.first = new Shard(0);
    this.all = [this.first, ...Array.from({ length: count - 1 }, (_, n) => new Shard(n + 1))];
  }

  /** A client's shard. */
  of(clientId: string): Shard {
    if (this.all.length === 1) return this.first;
    // 32 bits of SHA-256: even, and nobody can choose client ids that meet in one shard by arithmetic alone.
    const number = Number.parseInt(hash("sha256", clientId, "hex").slice(0, 8), 16) % this.all.length;
    return this.all[number] ?? this.first;
  }

  /** Where a key is looked up: at its client, or by its own hash as long as nobody knows whose it is. */
  ofKey({ clientId, hash }: { clientId: string; hash: string }): Shard {
    return this.of(clientId === "" ? hash : clientId);
  }
}
