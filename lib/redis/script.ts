import type { Redis } from "ioredis";

export type Script = (
  redis: Redis,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

/**
 * A Lua script, sent whole once per connection and by its hash after that.
 * @param name unique among the scripts
 */
export function script(name: string, lua: string): Script {
  return (redis, keys, args) => {
    if (!(name in redis)) redis.defineCommand(name, { lua });
    const run = Reflect.get(redis, name) as (...words: (string | number)[]) => Promise<unknown>;
    return run.call(redis, keys.length, ...keys, ...args);
  };
}
