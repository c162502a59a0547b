/** What use cases work with: one database pool, one Redis connection, one queue, made once per function instance. */
import type { Redis } from "ioredis";
import type { Config } from "./config.ts";
import type { Intake } from "./enqueue/enqueue.ts";
import { RedisIntake } from "./enqueue/redis.ts";
import { SqsIntake } from "./enqueue/sqs.ts";
import { createLogger, type Log } from "./log.ts";
import type { Queue } from "./queue/queue.ts";
import { RedisQueue } from "./queue/redis.ts";
import { SqsQueue, sqsSettings } from "./queue/sqs.ts";
import { connectRedis } from "./redis/client.ts";
import { connectDatabase, type Database } from "./sql/client.ts";

export interface Deps {
  config: Config;
  sql: Database;
  redis: Redis;
  queue: Queue;
  intake: Intake;
  log: Log;
}

/** The queue that the configuration names, for one receiver. */
export const createQueue = (redis: Redis, config: Config): Queue =>
  config.sqs ? new SqsQueue(redis, sqsSettings(config)) : new RedisQueue(redis, config);

/** Connects lazily: nothing is opened before the first query or command. */
export function createDeps(config: Config): Deps {
  const redis = connectRedis(config);
  const log = createLogger(config);
  const shared = { config, sql: connectDatabase(config), redis, log };
  if (!config.sqs)
    return { ...shared, queue: new RedisQueue(redis, config), intake: new RedisIntake(redis, config) };
  const queue = new SqsQueue(redis, sqsSettings(config));
  const { messageBytes } = config.sqs;
  return { ...shared, queue, intake: new SqsIntake({ redis, queue, config, messageBytes, log }) };
}

/** Ends every connection, waiting for statements under way for at most a second. */
export async function closeDeps(deps: Deps): Promise<void> {
  await deps.queue.close();
  await Promise.allSettled([deps.sql.end({ timeout: 1 }), deps.redis.quit()]);
  deps.redis.disconnect();
}
