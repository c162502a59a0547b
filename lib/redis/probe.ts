import type { RedisConnection } from "./connection.ts";
import type { Shard } from "./keys.ts";

/** TTL of a probe's key, in milliseconds. */
const PROBE_MS = 1_000;

/**
 * Writes a short-lived key to a shard. A server that is out of memory, a replica, lacks replicas or cannot write its
 * files rejects it, as it would reject an event.
 * @throws the server's or the connection's error
 */
export async function probeShard(redis: RedisConnection, { probe }: Shard): Promise<void> {
  await redis.set(probe, 1, "PX", PROBE_MS);
}
