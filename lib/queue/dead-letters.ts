/** Dead letters as an operator sees them: lists and deletes them. `Queue.redrive` puts them back. */
import type { Config } from "../config/config.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shards } from "../redis/shards.ts";
import { RedisDeadLetters } from "./redis/dead-letters.ts";
import { SqsDeadLetters } from "./sqs/dead-letter-list.ts";

/** A message that no worker could process. */
export interface DeadLetter {
  id: string;
  body: string;
  /** When the queue accepted it, in milliseconds since the Unix epoch. */
  sentAt: number;
}

export interface DeadLetters {
  /**
   * Lists the oldest ones; SQS has no order. On SQS, no other receiver sees them meanwhile.
   * @param limit most messages
   */
  list(limit: number): Promise<DeadLetter[]>;
  /** Deletes messages for good. Unknown ids are ignored. @returns how many there were */
  delete(ids: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

/** The dead letters of the queue that the settings name. */
export function createDeadLetters(redis: RedisConnection, shards: Shards, config: Config): DeadLetters {
  if (config.sqs) return new SqsDeadLetters(config.sqs);
  // As the queue names its messages: see `createQueue`.
  const hasPrefix = config.redisCluster || shards.all.length > 1;
  return new RedisDeadLetters(
    redis,
    shards.all.map((shard, number) => ({ shard, prefix: hasPrefix ? `${number}:` : "" })),
  );
}
