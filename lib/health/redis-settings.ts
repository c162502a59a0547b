import { Redis } from "ioredis";
import type { RedisConnection } from "../redis/connection.ts";

/** Settings of one server by name; those that it does not disclose are missing. */
export type RedisSettings = ReadonlyMap<string, string>;

/**
 * The settings of each Redis server that takes writes which decide whether it keeps data. Managed services refuse CONFIG,
 * but INFO has their eviction policy.
 * @throws if a server does not answer
 */
export async function readSettings(redis: RedisConnection): Promise<RedisSettings[]> {
  if (redis instanceof Redis) return [await readNode(redis)];
  // A cluster's nodes are unknown until the first command.
  if (redis.nodes("master").length === 0) await redis.ping();
  return Promise.all(redis.nodes("master").map(readNode));
}

async function readNode(node: Redis): Promise<RedisSettings> {
  // One name per call: Redis before 7 takes only one.
  const [memory, ...answers] = await Promise.all([
    node.info("memory").catch(untold("")),
    ...["append*", "lazyfree-lazy-expire"].map((pattern) => node.config("GET", pattern).catch(untold([]))),
  ]);
  const words = answers.flat() as string[];
  const settings = new Map<string, string>();
  for (let at = 0; at + 1 < words.length; at += 2) settings.set(words[at] ?? "", words[at + 1] ?? "");
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
  if (policy !== undefined) settings.set("maxmemory-policy", policy);
  return settings;
}

/** Substitutes a value if the server does not have the command or does not permit it. */
const untold =
  <T>(nothing: T) =>
  (error: Error): T => {
    if (/^(?:ERR unknown|NOPERM)/.test(error.message)) return nothing;
    throw error;
  };
