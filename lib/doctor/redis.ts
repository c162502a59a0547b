/** What is wrong with Redis, and how to mend it. */
import { Redis } from "ioredis";
import type { Config } from "../config/config.ts";
import { redisSettings } from "../health/server-settings.ts";
import type { RedisConnection } from "../redis/connection.ts";
import { probeShard } from "../redis/probe.ts";
import type { Shards } from "../redis/shards.ts";
import { clockFinding, type Finding, failure, ok, reasonOf, warning } from "./finding.ts";
import { settingFindings } from "./settings.ts";

const about = (check: string) => ({ server: "Redis", check }) as const;

/** The major version that tests run on; Valkey reports 7 to clients of Redis. */
const TESTED_MAJOR = 7;
const FULL_PERCENT = 80;

interface RedisDeps {
  redis: RedisConnection;
  shards: Shards;
  config: Config;
}

/** Never rejects. */
export async function examineRedis(deps: RedisDeps): Promise<Finding[]> {
  try {
    await deps.redis.ping();
    const nodes = deps.redis instanceof Redis ? [deps.redis] : deps.redis.nodes("master");
    return [
      ok(about("reachable"), nodes.length === 1 ? "one server" : `${nodes.length} primary servers`),
      ...(await Promise.all(nodes.map(examineNode))).flat(),
      await writes(deps),
      ...settingFindings("Redis", await redisSettings(deps)),
    ];
  } catch (error) {
    return [
      failure(
        about("reachable"),
        reasonOf(error),
        "Check the address, user, password and TLS in REDIS_URL, and whether a firewall lets this machine in.",
      ),
    ];
  }
}

async function examineNode(node: Redis): Promise<Finding[]> {
  const info = await node.info();
  const field = (name: string): string => new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1] ?? "";
  const asked = Date.now();
  const [seconds, microseconds] = (await node.time()).map(Number);
  const at = (seconds ?? 0) * 1_000 + (microseconds ?? 0) / 1_000;
  return [
    version(field("redis_version")),
    clockFinding({ server: "Redis" }, { asked, at, answered: Date.now() }),
    memory(Number(field("used_memory")), Number(field("maxmemory"))),
  ];
}

function version(text: string): Finding {
  if (Number.parseInt(text, 10) >= TESTED_MAJOR) return ok(about("version"), text);
  return warning(about("version"), text, `Weir is tested on Redis ${TESTED_MAJOR}: upgrade.`);
}

function memory(used: number, most: number): Finding {
  const mebibytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;
  if (most === 0) return ok(about("memory"), `${mebibytes(used)}, without a limit`);
  const found = `${mebibytes(used)} of ${mebibytes(most)}`;
  if (used < (most * FULL_PERCENT) / 100) return ok(about("memory"), found);
  return warning(
    about("memory"),
    found,
    "When it is full, Weir answers 503: give it more, or lower QUEUE_MAX_BYTES.",
  );
}

async function writes({ redis, shards }: RedisDeps): Promise<Finding> {
  try {
    await Promise.all(shards.all.map((shard) => probeShard(redis, shard)));
    return ok(about("writes"), "allowed");
  } catch (error) {
    return failure(
      about("writes"),
      reasonOf(error),
      "OOM: give it memory. READONLY: use the primary's address. NOPERM: allow the user all commands. MISCONF: see its log.",
    );
  }
}
