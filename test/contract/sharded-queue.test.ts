import { describe, expect, it } from "vitest";
import type { Message, Queue } from "../../lib/queue/port.ts";
import { RedisQueue } from "../../lib/queue/redis/queue.ts";
import { ShardedQueue } from "../../lib/queue/redis/sharded.ts";
import { connectRedis } from "../../lib/redis/client.ts";
import { Shards } from "../../lib/redis/shards.ts";
import { atEnd } from "../support/cleanup.ts";
import { bodies, ids, LASTING, message, type QueueOptions } from "../support/queue/queue-steps.ts";
import { clusterConfig, redisCluster } from "../support/servers/redis-cluster.ts";
import { queueContract } from "./queue.ts";

const shards = new Shards(16);
const cluster = await redisCluster();
const config = await clusterConfig(cluster);

/** Returns an empty queue for each shard. */
async function makeQueues({ visibilitySeconds, maxDeliveries }: QueueOptions): Promise<RedisQueue[]> {
  await cluster.flush();
  const redis = connectRedis(config);
  atEnd(() => redis.disconnect());
  const settings = { queueVisibilitySeconds: visibilitySeconds, queueMaxDeliveries: maxDeliveries };
  return shards.all.map((shard) => new RedisQueue(redis, shard, settings));
}

queueContract("ShardedQueue on a cluster", async (options) => new ShardedQueue(await makeQueues(options)));

const now = { maxMessages: 1_000, waitMs: 0 };

describe("a queue of many shards", () => {
  it("spreads messages over the shards, and returns all of them even if one shard holds most", async () => {
    const queues = await makeQueues(LASTING);
    const queue = new ShardedQueue(queues);
    for (let n = 0; n < 200; n++) await queue.send([{ body: `m-${n}`, events: 1 }]);
    const depths = await Promise.all(queues.map((one) => one.depth()));
    for (const { messages } of depths) expect(messages).toBeGreaterThan(0);
    expect(await queue.depth()).toMatchObject({ messages: 200, events: 200 });
    await queues[7]?.send(Array.from({ length: 300 }, (_, n) => ({ body: `hot-${n}`, events: 0 })));
    const messages = await queue.receive(now);
    expect(messages).toHaveLength(500);
    expect(new Set(ids(messages)).size).toBe(500);
    await queue.ack(ids(messages));
    expect(await queue.depth()).toMatchObject({ messages: 0, events: 0 });
    await cluster.expectSpread();
  });

  it("receives from every shard in turn, though one alone could fill each batch", async () => {
    const queues = await makeQueues(LASTING);
    await queues[0]?.send(Array.from({ length: 100 }, () => message("many")));
    await queues[9]?.send([message("alone")]);
    const queue = new ShardedQueue(queues);
    const got: string[] = [];
    for (let round = 0; round < 16 && !got.includes("alone"); round++)
      got.push(...bodies(await queue.receive({ maxMessages: 2, waitMs: 0 })));
    expect(got).toContain("alone");
  });

  it("receives from the other shards while some fail, and from those again when they answer", async () => {
    const queues = await makeQueues(LASTING);
    const faulty = new Set([3, 4]);
    const queue = new ShardedQueue(queues.map((one, number) => failing(one, () => faulty.has(number))));
    await Promise.all(queues.map((one, number) => one.send([{ body: `m-${number}`, events: 1 }])));
    const first = await queue.receive(now);
    expect(first).toHaveLength(14);
    faulty.clear();
    const rest: Message[] = [];
    await expect.poll(async () => rest.push(...(await queue.receive(now))), { timeout: 45_000 }).toBe(2);
    expect(bodies(rest)).toEqual(["m-3", "m-4"]);
    // Each shard acknowledges its messages even if another fails.
    faulty.add(5);
    await expect(queue.ack([...first, ...rest].map(({ id }) => id))).rejects.toThrow("away");
    expect(await Promise.all(queues.map(async (one) => (await one.depth()).messages))).toEqual(
      queues.map((_, number) => (number === 5 ? 1 : 0)),
    );
    await expect(queue.depth()).rejects.toThrow("away");
  });

  it("sends to another shard when one is unreachable, and fails when all are", async () => {
    const queues = await makeQueues(LASTING);
    let away = (number: number): boolean => number === 3;
    const queue = new ShardedQueue(queues.map((one, number) => failing(one, () => away(number))));
    const sent = Array.from({ length: 100 }, (_, n) => `m-${n}`);
    for (const body of sent) await queue.send([{ body, events: 0 }]);
    expect(bodies(await queue.receive(now))).toEqual(sent.toSorted());
    away = () => true;
    await expect(queue.send([message("lost", 0)])).rejects.toThrow("away");
  });

  it("fails to receive when no shard answers, and continues at once when they do", async () => {
    const queues = await makeQueues(LASTING);
    let away = true;
    const queue = new ShardedQueue(queues.map((one) => failing(one, () => away)));
    await queues[1]?.send([message("waiting")]);
    await expect(queue.receive(now)).rejects.toThrow("away");
    await expect(queue.receive({ ...now, waitMs: 5_000 })).rejects.toThrow("away");
    away = false;
    expect(bodies(await queue.receive(now))).toEqual(["waiting"]);
  });
});

/** A queue that fails every call while `isAway` returns true. */
const failing = (queue: Queue, isAway: () => boolean): Queue =>
  new Proxy(queue, {
    get: (target, name) => {
      const member = Reflect.get(target, name);
      if (typeof member !== "function" || name === "close") return member;
      return (...given: unknown[]) =>
        isAway() ? Promise.reject(new Error("away")) : member.apply(target, given);
    },
  });
