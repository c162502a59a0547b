/** Requests that share a call to Redis: each has the verdict that it would have in a call of its own. */
import { describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { FULL_HASH } from "../../../lib/ingest/lua/seen.ts";
import { type TestClient, testClient } from "../../support/client.ts";
import { type Coalesced, coalesced } from "../../support/coalesced.ts";
import { freshDeps, workUntilEmpty } from "../../support/faults.ts";
import { type Answer, anEvent, markedAsSeen, send } from "../../support/pipeline.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";
import { clusterConfig, redisCluster } from "../../support/servers/redis-cluster.ts";
import { behindProxy } from "../../support/servers/tcp-proxy.ts";

type Sending = readonly [secret: string | undefined, body: unknown];

/** Sends requests at the same time: the first alone, and the others, as long as they fit, together in the next call. */
async function sendTogether({ deps, calls }: Coalesced, sendings: readonly Sending[]): Promise<Answer[]> {
  const before = calls.length;
  const answers = await Promise.all(sendings.map(([secret, body]) => send(deps, secret, body)));
  expect(calls.slice(before, before + 2).map(({ length }) => length)).toEqual([1, sendings.length - 1]);
  return answers;
}

const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status);

/** Caches the clients' keys in Redis, as their first requests do. */
async function warmUp(deps: Deps, clients: readonly TestClient[]): Promise<void> {
  for (const { secret } of clients) await send(deps, secret, anEvent());
  await workUntilEmpty(deps);
}

describe.each(QUEUES)("with QUEUE=%s, requests in one call", (queue) => {
  it("have verdicts of their own", async () => {
    const plain = freshDeps(await queueConfig(queue));
    const [calm, hasty, small] = await Promise.all([
      testClient(plain, "calm"),
      testClient(plain, "hasty", { rate: 1, burst: 3 }),
      testClient(plain, "small", { rate: 1, burst: 4 }),
    ]);
    const reader = await testClient(plain, "reader", { scopes: ["read"] });
    await warmUp(plain, [calm, hasty, small]);
    const old = anEvent();
    await calm.accept(old);
    await workUntilEmpty(plain);
    await send(plain, reader.secret, anEvent());
    const unknown = `${calm.secret.slice(0, -3)}xyz`;
    await send(plain, unknown, anEvent());

    const together = coalesced(plain);
    const answers = await sendTogether(together, [
      [calm.secret, anEvent()],
      [calm.secret, { events: [anEvent(), old, { ...old, payload: { n: "other" } }] }],
      [hasty.secret, { events: [anEvent(), anEvent()] }],
      [hasty.secret, { events: [anEvent(), anEvent()] }],
      [unknown, anEvent()],
      [reader.secret, anEvent()],
      [calm.secret, { events: [] }],
      [small.secret, { events: [1, 2, 3, 4, 5].map(() => anEvent()) }],
      [calm.secret, old],
    ]);
    expect(statuses(answers)).toEqual([202, 202, 202, 429, 401, 403, 422, 413, 202]);
    expect(answers[1]?.body).toMatchObject({
      accepted: 1,
      duplicates: 1,
      rejected: 1,
      errors: [{ index: 2, code: "event-conflict" }],
    });
    expect(answers[8]?.body).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(answers[3]?.headers).toMatchObject({ ratelimit: expect.stringMatching(/^"default";r=0;t=/) });

    await workUntilEmpty(plain);
    await calm.expectStoredOnce(4);
    await hasty.expectStoredOnce(3);
    await calm.expectTidy();
    for (const [n, { headers, status }] of answers.entries()) {
      const id = String(headers["x-request-id"]);
      const rows = await plain.sql`SELECT status, client_id FROM audit_log WHERE request_id = ${id}`;
      const client = [calm, calm, hasty, hasty, undefined, reader, calm, small, calm][n];
      expect([...rows]).toEqual([{ status, client_id: client?.clientId ?? null }]);
    }
  });

  it("fail alone if Redis fails for one of their clients", async () => {
    const plain = freshDeps(await queueConfig(queue));
    const clients = await Promise.all(["one", "broken", "two"].map((name) => testClient(plain, name)));
    await warmUp(plain, clients);
    const { redis, shards } = plain;
    await redis.del(shards.first.limit("broken"));
    await redis.rpush(shards.first.limit("broken"), "not a number");
    const secrets = ["one", "two", "broken", "two", "broken", "one"].map(
      (name) => clients.find(({ clientId }) => clientId === name)?.secret,
    );
    const together = coalesced(plain);
    const answers = await sendTogether(
      together,
      secrets.map((secret) => [secret, anEvent()]),
    );
    expect(statuses(answers)).toEqual([202, 202, 503, 202, 503, 202]);
    expect(answers[2]?.body).toMatchObject({ code: "queue-unavailable" });
    await redis.del(shards.first.limit("broken"));
    await workUntilEmpty(plain);
    for (const client of clients) await client.expectStoredOnce(client.clientId === "broken" ? 1 : 3);
    await clients[0]?.expectTidy();
  });

  it("are refused one by one when the queue becomes full", async () => {
    const plain = freshDeps(await queueConfig(queue, { queueMaxEvents: 4 }));
    const client = await testClient(plain, "full");
    await warmUp(plain, [client]);
    const together = coalesced(plain);
    const bodies = [1, 2, 3, 1, 1].map((count) => ({
      events: Array.from({ length: count }, () => anEvent()),
    }));
    const answers = await sendTogether(
      together,
      bodies.map((body) => [client.secret, body]),
    );
    expect(statuses(answers)).toEqual([202, 202, 503, 202, 503]);
    expect(answers[4]?.body).toMatchObject({ code: "queue-full" });
    expect(answers[4]?.headers["retry-after"]).toMatch(/^[1-9]\d*$/);
    await workUntilEmpty(plain);
    await client.expectStoredOnce(1 + 4);
    await client.expectTidy();
  });
});

describe("with Redis Streams, requests in one call", () => {
  it("may have the same event: one accepts it, and the others see that", async () => {
    const plain = freshDeps(await queueConfig("redis"));
    const client = await testClient(plain, "same");
    await warmUp(plain, [client]);
    const event = anEvent();
    const changed = { ...event, payload: { n: "other" } };
    const answers = await sendTogether(coalesced(plain), [
      [client.secret, anEvent()],
      [client.secret, { events: [anEvent(), event] }],
      [client.secret, event],
      [client.secret, { events: [changed, anEvent()] }],
    ]);
    expect(answers.map(({ body }) => [body.accepted, body.duplicates, body.rejected])).toEqual([
      [1, 0, 0],
      [2, 0, 0],
      [0, 1, 0],
      [1, 0, 1],
    ]);
    await workUntilEmpty(plain);
    await client.expectStoredOnce(5);
    await client.expectTidy();
  });

  it("do not mark what a refused request of the call has brought", async () => {
    const plain = freshDeps(await queueConfig("redis", { queueMaxEvents: 3 }));
    const client = await testClient(plain, "refused");
    await warmUp(plain, [client]);
    const event = anEvent();
    const answers = await sendTogether(coalesced(plain), [
      [client.secret, anEvent()],
      [client.secret, { events: [event, anEvent(), anEvent()] }],
      [client.secret, event],
    ]);
    expect(statuses(answers)).toEqual([202, 503, 202]);
    expect(answers[2]?.body).toMatchObject({ accepted: 1, duplicates: 0 });
    await workUntilEmpty(plain);
    await client.expectStoredOnce(3);
    expect(await markedAsSeen(plain, "refused")).toHaveLength(3);
  });

  it("are stored, counted and charged once if the reply is lost", async () => {
    const config = await queueConfig("redis");
    const plain = freshDeps(config);
    const { url, proxy } = await behindProxy(config.redisUrl);
    const lossy = freshDeps({ ...config, redisUrl: url });
    const one = await testClient(plain, "lost-one", { rate: 1, burst: 100 });
    const two = await testClient(plain, "lost-two", { rate: 1, burst: 5 });
    await warmUp(lossy, [one, two]);
    const old = anEvent();
    await one.accept(old);
    await workUntilEmpty(plain);
    const together = coalesced(lossy);
    // The second call's reply; if both arrive in one piece, the first one's too.
    proxy.loseReplyWith("lost-two");
    const batch = { events: Array.from({ length: 80 }, () => anEvent()) };
    const answers = await sendTogether(together, [
      [one.secret, anEvent()],
      [one.secret, batch],
      [two.secret, { events: [anEvent(), anEvent(), anEvent(), anEvent()] }],
      [two.secret, anEvent()],
      [one.secret, { events: [old, anEvent()] }],
    ]);
    expect(proxy.lost()).toBe(1);
    expect(statuses(answers)).toEqual([202, 202, 202, 429, 202]);
    expect(answers[1]?.body).toMatchObject({ accepted: 80, duplicates: 0, rejected: 0 });
    expect(answers[4]?.body).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(await plain.redis.xlen(plain.shards.first.queue)).toBe(5 + 1);
    await workUntilEmpty(plain);
    await one.expectStoredOnce(1 + 1 + 1 + 80 + 1);
    await two.expectStoredOnce(1 + 4);
    await one.expectTidy();
    for (const { body, status } of answers)
      if (status === 202) expect(await one.receipt(body.receipt_id)).toBeDefined();
  });

  it("find and mark the ids of a client that sends many", async () => {
    const plain = freshDeps(await queueConfig("redis", { dedupWindowSeconds: 86_400 }));
    const client = await testClient(plain, "busy");
    await warmUp(plain, [client]);
    const [root = ""] = await plain.redis.keys("*:seen:busy:*");
    for (let done = 0; done < FULL_HASH; done += 1_000)
      await plain.redis.hset(
        root,
        Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`=${done + n}`, "1"])),
      );
    const together = coalesced(plain);
    const bodies = Array.from({ length: 20 }, (_, n) =>
      n % 5 === 0 ? { events: [anEvent(), anEvent()] } : anEvent(),
    );
    const sendings = bodies.map((body): Sending => [client.secret, body]);
    expect(new Set(statuses(await sendTogether(together, sendings)))).toEqual(new Set([202]));
    expect(await plain.redis.hget(root, "top")).toBe("1");
    expect((await plain.redis.keys(`${root}:1:*`)).length).toBeGreaterThan(10);
    for (const { body } of await sendTogether(together, sendings))
      expect(body).toMatchObject({ accepted: 0 });
    await workUntilEmpty(plain);
    await client.expectStoredOnce(1 + 24);
  });
});

it("on a cluster, only requests of one shard share a call", async () => {
  const cluster = await redisCluster();
  const plain = freshDeps(await clusterConfig(cluster));
  const clients = await Promise.all(Array.from({ length: 6 }, (_, n) => testClient(plain, `spread-${n}`)));
  for (const { secret } of clients) await send(plain, secret, anEvent());
  const { deps, calls } = coalesced(plain);
  const answers = await Promise.all(
    [1, 2, 3].flatMap(() => clients.map(({ secret }) => send(deps, secret, anEvent()))),
  );
  expect(new Set(statuses(answers))).toEqual(new Set([202]));
  expect(calls.length).toBeLessThan(answers.length);
  expect(calls.flat()).toHaveLength(answers.length);
  for (const { client } of cluster.nodes) expect(await client.info("errorstats")).not.toContain("CROSSSLOT");
  await workUntilEmpty(plain);
  for (const client of clients) await client.expectStoredOnce(4);
});
