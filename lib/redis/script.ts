import type { RedisConnection } from "./connection.ts";

export type Script = (
  redis: RedisConnection,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

const scripts = new Map<string, string>();

/**
 * A Lua script. Its source is sent once per connection, afterwards only its hash.
 * @param name unique among the scripts
 */
export function script(name: string, lua: string): Script {
  scripts.set(name, lua);
  return (redis, keys, args) => {
    if (!(name in redis)) redis.defineCommand(name, { lua });
    const run = Reflect.get(redis, name) as (...words: (string | number)[]) => Promise<unknown>;
    return run.call(redis, keys.length, ...keys, ...args);
  };
}

/** Defines every script on a new connection, so that none is defined while commands are in progress. */
export function defineScripts(redis: RedisConnection): void {
  for (const [name, lua] of scripts) redis.defineCommand(name, { lua });
}
