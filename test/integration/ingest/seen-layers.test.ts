/** How Redis stores the ids of a client that sends many events. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { FULL_HASH } from "../../../lib/ingest/lua/seen.ts";
import { freshDeps, someEvents } from "../../support/faults.ts";
import { addClient, anEvent, send } from "../../support/pipeline.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";
import { clusterConfig, redisCluster } from "../../support/servers/redis-cluster.ts";

const WINDOW_S = 86_400;
const WINDOW_MS = WINDOW_S * 1_000;

interface Hash {
  name: string;
  ids: number;
  expiresAt: number;
}

async function hashesOf({ redis }: Deps, names: readonly string[]): Promise<Hash[]> {
  const read = async (name: string): Promise<Hash> => ({
    name,
    ids: (await redis.hkeys(name)).filter((field) => /^[=#]/.test(field)).length,
    expiresAt: await redis.pexpiretime(name),
  });
  return Promise.all(names.map(read));
}

const entries = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, () => [`=${randomUUID()}`, "1"]));

/** Fills the root of the current window, as earlier requests would have. */
async function fillRoot({ redis, shards }: Deps, clientId: string): Promise<string> {
  const root = `${shards.of(clientId).seen(clientId)}${Math.floor(Date.now() / WINDOW_MS)}`;
  for (let done = 0; done < FULL_HASH; done += 1_000) await redis.hset(root, entries(1_000));
  await redis.pexpireat(root, Date.now() + 2 * WINDOW_MS);
  return root;
}

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  it("a full hash opens a layer of hashes, in which ids are found", async () => {
    const deps = freshDeps(await queueConfig(queue, { dedupWindowSeconds: WINDOW_S }));
    const { clientId, secret } = await addClient(deps, "busy");
    const first = someEvents(1_000);
    expect((await send(deps, secret, first)).body).toMatchObject({ accepted: 1_000 });
    const root = await fillRoot(deps, clientId);
    const second = someEvents(1_000);
    const single = anEvent();
    expect((await send(deps, secret, second)).body).toMatchObject({ accepted: 1_000, duplicates: 0 });
    expect((await send(deps, secret, single)).body).toMatchObject({ accepted: 1, duplicates: 0 });
    expect((await send(deps, secret, single)).body).toMatchObject({ accepted: 0, duplicates: 1 });
    for (const batch of [first, second]) {
      const mixed = { events: [...batch.events.slice(0, 999), anEvent()] };
      expect((await send(deps, secret, mixed)).body).toMatchObject({ accepted: 1, duplicates: 999 });
    }

    const names = (await deps.redis.keys(`*:seen:${clientId}:*`)).sort();
    expect(names.filter((name) => !name.startsWith(`${root}:1:`))).toEqual([root]);
    const others = names.filter((name) => name !== root);
    const layer = await hashesOf(deps, others);
    // With 1,000 ids it is almost certain that none of 64 hashes stays empty.
    expect(layer).toHaveLength(64);
    expect(layer.reduce((sum, { ids }) => sum + ids, 0)).toBe(1_003);
    expect(Math.max(...layer.map(({ ids }) => ids))).toBeLessThan(60);
    expect(await deps.redis.hget(root, "top")).toBe("1");
  });

  it("hashes of one window expire at different times, and none before the end of the next window", async () => {
    const deps = freshDeps(await queueConfig(queue, { dedupWindowSeconds: WINDOW_S }));
    const { clientId, secret } = await addClient(deps, "spread");
    const root = await fillRoot(deps, clientId);
    await send(deps, secret, someEvents(1_000));
    const names = (await deps.redis.keys(`*:seen:${clientId}:*`)).filter((name) => name !== root);
    const times = (await hashesOf(deps, names)).map(({ expiresAt }) => expiresAt);
    const ends = (Number(root.split(":").at(-1)) + 2) * WINDOW_MS;
    expect(Math.min(...times)).toBeGreaterThanOrEqual(ends);
    expect(Math.max(...times)).toBeLessThan(ends + WINDOW_MS / 4);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(WINDOW_MS / 8);
    expect(new Set(times).size).toBe(times.length);
  });

  it("ids in the layers of the previous window are found", async () => {
    const deps = freshDeps(await queueConfig(queue, { dedupWindowSeconds: WINDOW_S }));
    const { clientId, secret } = await addClient(deps, "earlier");
    const root = await fillRoot(deps, clientId);
    const batch = someEvents(500);
    await send(deps, secret, batch);
    // Rename the keys as if a window had passed.
    const [prefix, window] = [root.slice(0, root.lastIndexOf(":")), Number(root.split(":").at(-1))];
    for (const name of await deps.redis.keys(`*:seen:${clientId}:*`))
      await deps.redis.rename(name, `${prefix}:${window - 1}${name.slice(root.length)}`);
    const { body } = await send(deps, secret, { events: [...batch.events, anEvent()] });
    expect(body).toMatchObject({ accepted: 1, duplicates: 500 });
  });
});

it("a full hash of a layer opens the next layer", async () => {
  const deps = freshDeps(await queueConfig("redis", { dedupWindowSeconds: WINDOW_S }));
  const { clientId, secret } = await addClient(deps, "busier");
  const root = await fillRoot(deps, clientId);
  const first = someEvents(500);
  await send(deps, secret, first);
  const [name = ""] = await deps.redis.keys(`${root}:1:*`);
  await deps.redis.hset(name, entries(FULL_HASH));
  const second = someEvents(1_000);
  await send(deps, secret, second);
  expect(await deps.redis.hget(root, "top")).toBe("2");
  expect((await deps.redis.keys(`${root}:2:*`)).length).toBeGreaterThan(500);
  for (const batch of [first, second]) {
    const counted = { accepted: 0, duplicates: batch.events.length };
    expect((await send(deps, secret, batch)).body).toMatchObject(counted);
  }
});

it("the layers' hashes are in the slot of their client's shard", async () => {
  const cluster = await redisCluster();
  const deps = freshDeps(await clusterConfig(cluster, { dedupWindowSeconds: WINDOW_S }));
  const { clientId, secret } = await addClient(deps, "clustered");
  await send(deps, secret, anEvent());
  await fillRoot(deps, clientId);
  const batch = someEvents(500);
  await send(deps, secret, batch);
  expect((await send(deps, secret, batch)).body).toMatchObject({ accepted: 0, duplicates: 500 });
  for (const { client } of cluster.nodes) expect(await client.info("errorstats")).not.toContain("CROSSSLOT");
});
