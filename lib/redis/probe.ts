import type { RedisConnection } from "./connection.ts";
import type { Shard } from "./keys.ts";

/** How long a probe's key lives, in milliseconds. */
const PROBE_MS = 1_000;

/**
 * Writes to a shard what expires at once. A server that is out of memory, a replica, one that lacks replicas and one that
 * can't write its files refuse it as they refuse an event.
 * @throws the server's error, or that of the connection
 */
export async function probeShard(redis: RedisConnection, { probe }: Shard): Promise<void> {
  await redis.set(probe, 1, "PX", PROBE_MS);
}
