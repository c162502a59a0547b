/** Direct access to Redis, bypassing the proxy. */
import { Redis } from "ioredis";
import type { System } from "../system.ts";

/** Runs on a separate connection, waiting up to half a minute for a starting server. */
export async function withRedis<T>(
  { redis: { url } }: Pick<System, "redis">,
  run: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 60,
    retryStrategy: () => 500,
    commandTimeout: 30_000,
  });
  redis.on("error", () => {});
  try {
    return await run(redis);
  } finally {
    redis.disconnect();
  }
}
