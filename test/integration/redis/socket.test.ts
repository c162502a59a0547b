/** A Redis on this machine, reached through its Unix socket. */
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, it } from "vitest";
import { redisSocket } from "../../../lib/config/redis-socket.ts";
import { connectRedis } from "../../../lib/redis/client.ts";
import { startRedis } from "../../../local/redis.ts";
import { atEnd } from "../../support/cleanup.ts";
import { testClient } from "../../support/client.ts";
import { freshDeps, workUntilEmpty } from "../../support/faults.ts";
import { anEvent } from "../../support/pipeline.ts";
import { testConfig } from "../../support/servers/deps.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";

async function ownRedis(dataDir: string) {
  const server = await startRedis({ dataDir, port: 0, log: () => {} });
  atEnd(() => server.stop());
  return server;
}

function connected(url: string): Redis {
  const redis = connectRedis({ redisUrl: url, redisCluster: false }) as Redis;
  atEnd(() => redis.disconnect());
  return redis;
}

it("has the databases, users and passwords that the URL names", async () => {
  const server = await ownRedis(join(await tempFolder("socket"), "a b%?#"));
  const socketUrl = server.socketUrl ?? "";
  const tcp = new Redis(server.url);
  atEnd(() => tcp.disconnect());
  await tcp.set("where", "database 0");
  await tcp.call("SELECT", 3);
  await tcp.set("where", "database 3");
  await tcp.call("ACL", "SETUSER", "weir", "on", ">p&=%: x", "~*", "&*", "+@all");
  expect(await connected(socketUrl).get("where")).toBe("database 0");
  const named = connected(`${socketUrl}?db=3&username=weir&password=${encodeURIComponent("p&=%: x")}`);
  expect(await named.get("where")).toBe("database 3");
  expect(await named.call("ACL", "WHOAMI")).toBe("weir");
  expect(await named.client("INFO")).toContain("redis.sock");
  const wrong = connected(`${socketUrl}?username=weir&password=wrong`);
  await expect(wrong.get("where")).rejects.toThrow();
  // Only this user may connect.
  expect((await stat(redisSocket(socketUrl)?.path ?? "")).mode & 0o777).toBe(0o600);
});

it("takes events, also after it was restarted", async () => {
  const dataDir = await tempFolder("socket");
  const server = await ownRedis(dataDir);
  const deps = freshDeps(await testConfig({ redisUrl: `${server.socketUrl}?db=1` }));
  const client = await testClient(deps, "by-socket");
  await client.accept(anEvent());
  await server.stop();
  expect((await client.send(anEvent())).status).toBe(503);
  await ownRedis(dataDir);
  await client.accept(anEvent());
  await workUntilEmpty(deps);
  await client.expectStoredOnce(2);
  await client.expectTidy();
});

it("is missing if its path is too long for the system, or can't be used", async () => {
  const folder = await tempFolder("socket");
  const long = await ownRedis(join(folder, "x".repeat(100)));
  const occupied = join(folder, "occupied");
  await mkdir(join(occupied, "redis.sock"), { recursive: true });
  for (const server of [long, await ownRedis(occupied)]) {
    expect(server.socketUrl).toBeUndefined();
    expect(await connected(server.url).ping()).toBe("PONG");
  }
});
