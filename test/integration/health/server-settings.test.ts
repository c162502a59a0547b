/** `/health` and `npm start` name server settings that break Weir's guarantees. */
import { Redis } from "ioredis";
import { expect, it, vi } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { checkHealth, recordHealth } from "../../../lib/health/health.ts";
import { databaseSettings, redisSettings, settingWarnings } from "../../../lib/health/server-settings.ts";
import { startPostgres } from "../../../local/postgres.ts";
import { startRedis } from "../../../local/redis.ts";
import { atEnd } from "../../support/cleanup.ts";
import { freshDeps, ownServer } from "../../support/faults.ts";
import { testConfig } from "../../support/servers/deps.ts";
import { clusterConfig, redisCluster } from "../../support/servers/redis-cluster.ts";

const { url: redisUrl } = await ownServer(startRedis);
const admin = new Redis(redisUrl);
atEnd(() => admin.disconnect());
const deps = freshDeps(await testConfig({ redisUrl }));

/** Dependencies that log in to Redis as another user. */
const depsAs = (username: string): Deps => {
  const url = Object.assign(new URL(redisUrl), { username, password: "secret" });
  return freshDeps({ ...deps.config, redisUrl: url.href });
};

const nothing = { weak: [], unknown: [] };

it("the Redis that Weir starts has no weak settings", async () => {
  expect(await redisSettings(deps)).toEqual(nothing);
});

it.each([
  ["appendonly", "no", "yes"],
  ["appendfsync", "everysec", "always"],
  ["maxmemory-policy", "allkeys-lru", "noeviction"],
  ["maxmemory-policy", "volatile-ttl", "noeviction"],
  ["lazyfree-lazy-expire", "no", "yes"],
])("/health names %s %s, and its status stays ok", async (setting, value, wanted) => {
  await admin.config("SET", setting, value);
  const { status, settings } = await checkHealth(deps);
  await admin.config("SET", setting, wanted);
  expect(status).toBe("ok");
  expect(settings.redis).toEqual({
    weak: [{ setting, value, wanted, risk: expect.any(String) }],
    unknown: [],
  });
  expect(settingWarnings("Redis", settings.redis ?? nothing)).toEqual([
    expect.stringMatching(`^Redis: ${setting} is ${value} and should be ${wanted}\\. `),
  ]);
});

it("every setting is unknown, without an error, if neither CONFIG nor INFO is allowed", async () => {
  await admin.call("ACL", "SETUSER", "blind", "on", ">secret", "~*", "+@all", "-config", "-info");
  const { weak, unknown } = await redisSettings(depsAs("blind"));
  expect([weak.length, unknown.length]).toEqual([0, 4]);
});

it("the durability of Redis matters only if Redis is the queue", async () => {
  await admin.config("SET", "appendonly", "no");
  await admin.config("SET", "maxmemory-policy", "allkeys-lfu");
  const found = await redisSettings({ ...deps, config: { ...deps.config, queue: "sqs" } });
  await admin.config("SET", "appendonly", "yes");
  await admin.config("SET", "maxmemory-policy", "noeviction");
  expect(found.weak.map(({ setting }) => setting)).toEqual(["maxmemory-policy"]);
});

it.each([
  ["is not allowed", ["+@all", "-config"]],
  ["does not exist", ["+@all"]],
])(
  "settings are unknown if CONFIG %s, as with managed services, but the eviction policy is still read",
  async (_, rules) => {
    await admin.call("ACL", "SETUSER", "limited", "on", ">secret", "~*", ...rules);
    const restricted = depsAs("limited");
    if (rules.length === 1)
      vi.spyOn(restricted.redis as Redis, "config").mockImplementation(
        () => restricted.redis.call("CONFIGURE", "GET") as Promise<never>,
      );
    await admin.config("SET", "maxmemory-policy", "volatile-lru");
    const { status, settings } = await checkHealth(restricted);
    await admin.config("SET", "maxmemory-policy", "noeviction");
    expect(status).toBe("ok");
    expect(settings.redis).toMatchObject({
      weak: [{ setting: "maxmemory-policy", value: "volatile-lru" }],
      unknown: ["appendonly", "appendfsync", "lazyfree-lazy-expire"],
    });
  },
);

it("every node of a cluster is checked, even the first time", async () => {
  const cluster = await redisCluster();
  const config = await clusterConfig(cluster);
  expect(await redisSettings(freshDeps(config))).toEqual(nothing);
  await cluster.nodes[2]?.client.config("SET", "appendfsync", "no");
  const weak = [{ setting: "appendfsync", value: "no" }];
  expect(await redisSettings(freshDeps(config))).toMatchObject({ weak, unknown: [] });
});

it("settings of PostgreSQL that lose or damage commits are named", async () => {
  const server = await ownServer(startPostgres, { synchronous_commit: "off", full_page_writes: "off" });
  const { weak, unknown } = await databaseSettings(freshDeps({ ...deps.config, databaseUrl: server.url }));
  expect(weak.map(({ setting, value, wanted }) => [setting, value, wanted])).toEqual([
    ["full_page_writes", "off", "on"],
    ["synchronous_commit", "off", "on"],
  ]);
  expect(unknown).toEqual([]);
});

it("the scheduled check logs weak settings", async () => {
  await admin.config("SET", "appendfsync", "no");
  const warn = vi.spyOn(deps.log, "warn");
  await recordHealth(deps);
  await admin.config("SET", "appendfsync", "always");
  const redis = { weak: [expect.objectContaining({ value: "no" })], unknown: [] };
  expect(warn).toHaveBeenCalledWith("weak-settings", { settings: expect.objectContaining({ redis }) });
});
