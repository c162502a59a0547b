/** An intake that coalesces, with a record of its calls to Redis. */
import type { Deps } from "../../lib/app/connect.ts";
import { RedisIntake } from "../../lib/ingest/redis-intake.ts";
import { SqsIntake } from "../../lib/ingest/sqs-intake.ts";
import { SqsQueue } from "../../lib/queue/sqs/queue.ts";

export interface Coalesced {
  deps: Deps;
  /** The ids of the requests in each call, in the order in which Redis processes them. */
  calls: string[][];
}

/** The same dependencies with an intake that coalesces. */
export function coalesced(plain: Deps): Coalesced {
  const calls: string[][] = [];
  const redis = new Proxy(plain.redis, {
    get: (target, name) =>
      name === "weirEnqueue" || name === "weirAdmit"
        ? (...words: unknown[]): unknown => {
            calls.push(requestsOf(words));
            return (Reflect.get(target, name) as (...words: unknown[]) => unknown).apply(target, words);
          }
        : Reflect.get(target, name, target),
  });
  const parts = { ...plain, redis, config: { ...plain.config, ingestCoalesce: true } };
  const { queue, config } = plain;
  const intake =
    config.sqs && queue instanceof SqsQueue
      ? new SqsIntake({ ...parts, queue, messageBytes: config.sqs.messageBytes })
      : new RedisIntake(parts);
  return { deps: { ...parts, intake }, calls };
}

/** See `admissionLua`: the number of keys, the keys, then ARGV, which has the number of requests sixth, then their ids. */
function requestsOf([keys, ...words]: unknown[]): string[] {
  const args = words.slice(Number(keys));
  return args.slice(6, 6 + Number(args[5])).map(String);
}
