/** Dependencies of the use cases: one database pool, one Redis connection, one queue, created once per function instance. */

import { Unqueued } from "../audit/record/unqueued.ts";
import { createLogger, type Log } from "../base/log.ts";
import type { Config, RenewConfig } from "../config/config.ts";
import { redisNodes } from "../config/redis-nodes.ts";
import type { Intake } from "../ingest/intake.ts";
import { RedisIntake } from "../ingest/redis-intake.ts";
import { SqsIntake } from "../ingest/sqs-intake.ts";
import { connectDatabase, type Database } from "../postgres/client.ts";
import { passwordOf, renewDatabasePassword } from "../postgres/login.ts";
import type { Queue } from "../queue/port.ts";
import { RedisQueue } from "../queue/redis/queue.ts";
import { ShardedQueue } from "../queue/redis/sharded.ts";
import { SqsQueue, sqsSettings } from "../queue/sqs/queue.ts";
import { connectRedis } from "../redis/client.ts";
import type { RedisConnection } from "../redis/connection.ts";
import { Shards } from "../redis/shards.ts";

export interface Deps {
  config: Config;
  sql: Database;
  redis: RedisConnection;
  shards: Shards;
  queue: Queue;
  intake: Intake;
  log: Log;
  /** Ids of audit rows that are only in this instance's log. */
  unqueued: Unqueued;
}

/** Creates the configured queue, for one receiver. */
export function createQueue(redis: RedisConnection, shards: Shards, config: Config): Queue {
  if (config.sqs) return new SqsQueue(redis, shards, sqsSettings(config));
  if (!config.redisCluster && shards.all.length === 1) return new RedisQueue(redis, shards.first, config);
  return new ShardedQueue(shards.all.map((shard) => new RedisQueue(redis, shard, config)));
}

/**
 * Connects lazily: connections open with the first query or command.
 * @param renew if given, called when a server refuses a password
 */
export function createDeps(config: Config, renew?: RenewConfig): Deps {
  const redisPassword = async (renewed: Config): Promise<string> =>
    // All nodes of a cluster have the same password.
    passwordOf(redisNodes(renewed.redisUrl)[0] ?? "");
  const redis = connectRedis(config, renew && (async () => redisPassword(await renew())));
  const shards = new Shards(config.redisShards);
  const log = createLogger(config);
  const unqueued = new Unqueued();
  const sql = connectDatabase(config, renewDatabasePassword(renew));
  const shared = { config, sql, redis, shards, log, unqueued };
  if (!config.sqs)
    return {
      ...shared,
      queue: createQueue(redis, shards, config),
      intake: new RedisIntake(shared),
    };
  const queue = new SqsQueue(redis, shards, sqsSettings(config));
  const { messageBytes } = config.sqs;
  const intake = new SqsIntake({ ...shared, queue, messageBytes });
  return { ...shared, queue, intake };
}

/** Closes every connection; waits at most one second for running statements. */
export async function closeDeps(deps: Deps): Promise<void> {
  await deps.queue.close();
  await Promise.allSettled([deps.sql.end({ timeout: 1 }), deps.redis.quit()]);
  deps.redis.disconnect();
}
