import { Redis } from "ioredis";
import type { Config } from "../config.ts";
import { defineScripts } from "./script.ts";

/**
 * A connection that fails fast: ingest answers 503 within about a second when Redis is away, and the client retries,
 * instead of holding a Lambda and its caller until the function times out.
 */
export function connectRedis(settings: Pick<Config, "redisUrl">): Redis {
  const redis = new Redis(settings.redisUrl, {
    lazyConnect: true,
    connectTimeout: 1_000,
    commandTimeout: 1_500,
    maxRetriesPerRequest: 1,
    enableAutoPipelining: true,
    // Also the longest that a command waits to learn that Redis is still away.
    retryStrategy: (attempt) => Math.min(25 * 2 ** attempt, 250),
  });
  // Each failed command rejects for its caller; without a listener ioredis prints every reconnect attempt as well.
  redis.on("error", () => {});
  defineScripts(redis);
  return redis;
}
