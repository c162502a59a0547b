/** What use cases work with: one database pool, one Redis connection, one queue, made once per function instance. */
import type { Redis } from "ioredis";
import type { Config } from "./config.ts";
import { createLogger, type Log } from "./log.ts";
import type { Queue } from "./queue/queue.ts";
import { RedisQueue } from "./queue/redis.ts";
import { connectRedis } from "./redis/client.ts";
import { connectDatabase, type Database } from "./sql/client.ts";

export interface Deps {
  config: Config;
  sql: Database;
  redis: Redis;
  queue: Queue;
  log: Log;
}

/** Connects lazily: nothing is opened before the first query or command. */
export function createDeps(config: Config): Deps {
  const redis = connectRedis(config);
  return {
    config,
    sql: connectDatabase(config),
    redis,
    queue: new RedisQueue(redis, config),
    log: createLogger(config),
  };
}

/** Ends every connection, waiting for statements under way for at most a second. */
export async function closeDeps(deps: Deps): Promise<void> {
  await deps.queue.close();
  await Promise.allSettled([deps.sql.end({ timeout: 1 }), deps.redis.quit()]);
  deps.redis.disconnect();
}
