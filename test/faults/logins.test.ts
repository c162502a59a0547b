/** Passwords that change while connections are open. */
import { Cluster, Redis } from "ioredis";
import postgres from "postgres";
import { describe, expect, it } from "vitest";
import { OwnSecret } from "../../lib/app/own-secret.ts";
import { connectDatabase } from "../../lib/postgres/client.ts";
import { isConnectionError } from "../../lib/postgres/errors.ts";
import { connectRedis } from "../../lib/redis/client.ts";
import { startRedis } from "../../local/redis.ts";
import { atEnd } from "../support/cleanup.ts";
import { ownServer } from "../support/faults.ts";
import { testConfig } from "../support/servers/deps.ts";
import { redisCluster } from "../support/servers/redis-cluster.ts";

/** What a password is now, and how often somebody asked. */
function vault(password: string) {
  const known = { password, reads: 0, renew: async () => known.password };
  known.renew = async () => {
    known.reads += 1;
    return known.password;
  };
  return known;
}

describe("PostgreSQL", () => {
  async function start(name: string) {
    const config = await testConfig({ databasePoolSize: 1 });
    const admin = postgres(config.databaseUrl, { max: 1, onnotice: () => {} });
    atEnd(() => admin.end());
    await admin.unsafe(`DROP ROLE IF EXISTS ${name}`);
    await admin.unsafe(`CREATE ROLE ${name} LOGIN PASSWORD 'first'`);
    const url = Object.assign(new URL(config.databaseUrl), { username: name, password: "first" });
    const secret = vault("first");
    const sql = connectDatabase({ ...config, databaseUrl: url.href }, secret.renew);
    atEnd(() => sql.end({ timeout: 1 }));
    const change = async (password: string) => admin.unsafe(`ALTER ROLE ${name} PASSWORD '${password}'`);
    const cut = async () => {
      await admin`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = ${name}`;
    };
    return {
      secret,
      change,
      cut,
      ask: () => sql`SELECT current_user::text AS name`.then(([row]) => row?.name),
    };
  }

  it("a changed password costs one statement at most, and is read once", async () => {
    const { secret, change, cut, ask } = await start("weir_rotated");
    expect(await ask()).toBe("weir_rotated");
    await change("second");
    secret.password = "second";
    // An open connection is not asked again.
    expect(await ask()).toBe("weir_rotated");
    await cut();
    await ask().catch(() => {});
    await ask().catch((error) => expect(error).toMatchObject({ code: "28P01" }));
    expect(await ask()).toBe("weir_rotated");
    expect(secret.reads).toBe(1);
  });

  it("connections that are replaced do not read it", async () => {
    const { secret, cut, ask } = await start("weir_replaced");
    for (let round = 0; round < 3; round += 1) {
      expect(await ask()).toBe("weir_replaced");
      await cut();
      await ask().catch(() => {});
    }
    expect(await ask()).toBe("weir_replaced");
    expect(secret.reads).toBe(0);
  });

  it("a password that is not known yet is read again until it is", async () => {
    const { secret, change, cut, ask } = await start("weir_late");
    expect(await ask()).toBe("weir_late");
    await change("second");
    await cut();
    await ask().catch(() => {});
    for (let round = 0; round < 3; round += 1) await expect(ask()).rejects.toMatchObject({ code: "28P01" });
    // Over HTTP that is a 503, which a caller repeats.
    await expect(ask()).rejects.toSatisfy(isConnectionError);
    secret.password = "second";
    expect(await ask()).toBe("weir_late");
  });
});

describe("Redis", () => {
  it("a server's changed password is read when it refuses the old one", async () => {
    const server = await ownServer(startRedis);
    const admin = new Redis(server.url);
    atEnd(() => admin.disconnect());
    await admin.config("SET", "requirepass", "first");
    const url = Object.assign(new URL(server.url), { password: "first" });
    const secret = vault("first");
    const redis = connectRedis({ redisUrl: url.href, redisCluster: false }, secret.renew);
    atEnd(() => redis.disconnect());
    const reader = (redis as Redis).duplicate();
    reader.on("error", () => {});
    atEnd(() => reader.disconnect());
    expect([await redis.ping(), await reader.ping()]).toEqual(["PONG", "PONG"]);
    await admin.config("SET", "requirepass", "second");
    secret.password = "second";
    expect(await redis.ping()).toBe("PONG");
    expect(secret.reads).toBe(0);
    await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await expect.poll(() => redis.ping().catch(String), { timeout: 45_000 }).toBe("PONG");
    // A connection of its own, such as that on which the queue waits for messages.
    await expect.poll(() => reader.ping().catch(String), { timeout: 45_000 }).toBe("PONG");
    expect(secret.reads).toBeGreaterThan(0);
  });

  it("so is a cluster's", async () => {
    const cluster = await redisCluster();
    const configure = (...words: string[]) =>
      Promise.all(cluster.nodes.map(({ client }) => client.call("CONFIG", "SET", ...words)));
    await configure("requirepass", "first");
    const withPassword = cluster.url.replaceAll("redis://", "redis://:first@");
    const secret = vault("first");
    const redis = connectRedis({ redisUrl: withPassword, redisCluster: true }, secret.renew);
    atEnd(() => redis.disconnect());
    expect(redis).toBeInstanceOf(Cluster);
    const keys = ["a", "b", "c", "d", "e", "f"];
    const write = () =>
      Promise.all(keys.map((key) => redis.set(key, "x"))).then((all) => all.every((ok) => ok === "OK"));
    expect(await write()).toBe(true);
    await configure("requirepass", "second");
    secret.password = "second";
    await Promise.all(
      cluster.nodes.map(({ client }) => client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")),
    );
    await expect.poll(() => write().catch(String), { timeout: 45_000 }).toBe(true);
    expect(secret.reads).toBeGreaterThan(0);
  });
});

describe("a function's secret", () => {
  it("is read once, again after a moment, and kept while it can't be read", async () => {
    let reads = 0;
    let isAway = false;
    const secret = new OwnSecret(async () => {
      if (isAway) throw new Error("away");
      reads += 1;
      return { DATABASE_URL: `postgres://x:${reads}@host/weir` };
    });
    const all = await Promise.all([secret.load(), secret.load(), secret.renew()]);
    expect(all.map(({ DATABASE_URL }) => DATABASE_URL)).toEqual(Array(3).fill("postgres://x:1@host/weir"));
    expect(await secret.load()).toBe(all[0]);
    isAway = true;
    expect(await secret.renew()).toBe(all[0]);
    isAway = false;
    await expect
      .poll(async () => (await secret.renew()).DATABASE_URL, { timeout: 45_000 })
      .toBe("postgres://x:2@host/weir");
  });

  it("that can't be read the first time is read by the next call", async () => {
    let isAway = true;
    const secret = new OwnSecret(async () => {
      if (isAway) throw new Error("away");
      return { PLACE_SEED: "x" };
    });
    await expect(secret.load()).rejects.toThrow("away");
    isAway = false;
    // A failure counts for a moment.
    await expect(secret.load()).rejects.toThrow("away");
    const next = () => secret.load().catch(String);
    await expect.poll(next, { timeout: 45_000 }).toEqual({ PLACE_SEED: "x" });
  });
});
