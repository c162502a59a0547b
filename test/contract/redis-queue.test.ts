import { describe, expect, it } from "vitest";
import type { Message } from "../../lib/queue/port.ts";
import { RedisQueue } from "../../lib/queue/redis/queue.ts";
import { connectRedis } from "../../lib/redis/client.ts";
import { Shards } from "../../lib/redis/shards.ts";
import { atEnd } from "../support/cleanup.ts";
import {
  ids,
  LASTING,
  message,
  numbered,
  poll,
  type QueueOptions,
  queueWith,
  setAside,
  takeOne,
} from "../support/queue/queue-steps.ts";
import { testConfig } from "../support/servers/deps.ts";
import { queueContract } from "./queue.ts";

const config = await testConfig();
const redis = connectRedis(config);
const shard = new Shards(1).first;
atEnd(() => redis.disconnect());

/** Returns an empty queue. The tests of this file run one after the other, so they share one database. */
async function makeQueue(options: QueueOptions): Promise<RedisQueue> {
  await redis.flushdb();
  return anotherReceiver(options);
}

/** Opens the queue as another process would. */
function anotherReceiver({ visibilitySeconds, maxDeliveries }: QueueOptions): RedisQueue {
  const connection = connectRedis(config);
  const queue = new RedisQueue(connection, shard, {
    queueVisibilitySeconds: visibilitySeconds,
    queueMaxDeliveries: maxDeliveries,
  });
  atEnd(async () => {
    await queue.close();
    connection.disconnect();
  });
  return queue;
}

const bodies = (messages: readonly Message[]): string[] => messages.map(({ body }) => body);
const now = { maxMessages: 100, waitMs: 0 };

queueContract("RedisQueue", makeQueue);

describe("RedisQueue", () => {
  it("leaves nothing of an acknowledged message in the stream or the group", async () => {
    const queue = await queueWith(makeQueue, numbered(50));
    const messages = await queue.receive(now);
    expect(await redis.xlen(shard.queue)).toBe(50);
    await queue.ack(ids(messages));
    expect(await redis.xlen(shard.queue)).toBe(0);
    expect(await redis.xpending(shard.queue, "worker")).toEqual([0, null, null, null]);
    expect((await redis.keys("*")).sort()).toEqual([shard.queue, shard.stats].sort());
  });

  it("shares messages between two processes, and gives one what the other held when it died", async () => {
    const one = await makeQueue({ ...LASTING, visibilitySeconds: 1 });
    const two = anotherReceiver({ ...LASTING, visibilitySeconds: 1 });
    await one.send([message("a"), message("b")]);
    expect(bodies(await one.receive({ ...now, maxMessages: 1 }))).toEqual(["a"]);
    expect(bodies(await two.receive(now))).toEqual(["b"]);
    await one.close();
    // Each is redelivered after its own visibility timeout, so perhaps not in one batch.
    const taken: string[] = [];
    await poll(async () => {
      const messages = await two.receive(now);
      await two.ack(ids(messages));
      taken.push(...messages.map(({ body, deliveries }) => `${body} ${deliveries}`));
      return taken;
    }).toEqual(["a 2", "b 2"]);
  });

  it("removes the names of receivers that are gone, except one that holds a message", async () => {
    const queue = await queueWith(makeQueue, numbered(21));
    const held = await queue.receive({ ...now, maxMessages: 1 });
    for (let n = 0; n < 20; n++) {
      const receiver = anotherReceiver(LASTING);
      const messages = await receiver.receive({ ...now, maxMessages: 1 });
      await receiver.ack(ids(messages));
    }
    const pending = async (): Promise<unknown[]> => {
      const consumers = (await redis.xinfo("CONSUMERS", shard.queue, "worker")) as unknown[][];
      return consumers.map((about) => about[about.indexOf("pending") + 1]);
    };
    expect(await pending()).toHaveLength(21);
    const look = async (): Promise<unknown[]> => {
      await queue.extend(ids(held));
      await anotherReceiver({ ...LASTING, visibilitySeconds: 1 }).receive({ ...now, maxMessages: 1 });
      return pending();
    };
    await expect.poll(look, { timeout: 45_000, interval: 1_100 }).toEqual([1]);
  });

  it("recreates a lost group from the first message on", async () => {
    const queue = await queueWith(makeQueue, [message("held")]);
    await queue.receive(now);
    await queue.send([message("waiting")]);
    await redis.xgroup("DESTROY", shard.queue, "worker");
    expect(bodies(await queue.receive(now))).toEqual(["held", "waiting"]);
  });

  it("works again after the server is emptied", async () => {
    const queue = await queueWith(makeQueue, [message("lost")]);
    const lost = await queue.receive(now);
    await redis.flushdb();
    await queue.ack(ids(lost));
    expect(await queue.depth()).toMatchObject({ messages: 0, events: 0 });
    await queue.send([message("new")]);
    expect(bodies(await queue.receive(now))).toEqual(["new"]);
  });

  it.each([
    ["its group is destroyed", () => redis.xgroup("DESTROY", shard.queue, "worker")],
    ["the server is emptied", () => redis.flushdb()],
  ])(
    "keeps a waiting receiver going when %s",
    async (_, lose) => {
      const queue = await makeQueue(LASTING);
      await queue.receive(now);
      const waiting = queue.receive({ maxMessages: 1, waitMs: 20_000 });
      await expect.poll(() => redis.client("LIST"), { timeout: 45_000 }).toMatch(/flags=b.*cmd=xreadgroup/);
      await lose();
      await queue.send([message("after")]);
      expect(bodies(await waiting)).toEqual(["after"]);
    },
    18_000,
  );

  it("lets two receivers go on that find no group at the same time", async () => {
    const queue = await makeQueue(LASTING);
    const two = anotherReceiver(LASTING);
    await queue.send([message("only")]);
    const got = await Promise.all([queue, two, queue, two].map((receiver) => receiver.receive(now)));
    expect(bodies(got.flat())).toEqual(["only"]);
  });

  it("keeps a dead letter's body and the id of its message", async () => {
    const queue = await queueWith(makeQueue, [message("poison ß", 3)], { ...LASTING, maxDeliveries: 1 });
    const { id } = await takeOne(queue);
    await queue.fail([id]);
    expect(await queue.receive(now)).toEqual([]);
    const dead = await redis.xrange(shard.dead, "-", "+");
    expect(dead.map(([, fields]) => fields)).toEqual([["id", id, "n", "3", "m", "poison ß"]]);
    expect(await queue.redrive(1)).toBe(1);
    const back = await redis.xrange(shard.queue, "-", "+");
    expect(back.map(([, fields]) => fields)).toEqual([["n", "3", "m", "poison ß"]]);
    expect((await queue.depth()).events).toBe(3);
    expect(await redis.xlen(shard.dead)).toBe(0);
  });

  it("keeps a dead letter when the redrive fails", async () => {
    const queue = await makeQueue({ ...LASTING, maxDeliveries: 1 });
    await setAside(queue, [message("kept", 3)]);
    await redis.set(shard.stats, "not a hash");
    await expect(queue.redrive(1)).rejects.toThrow(/WRONGTYPE/);
    expect(await redis.xlen(shard.dead)).toBe(1);
  });

  it("throws an error in the middle of sending, since only some messages may have been accepted", async () => {
    const queue = await makeQueue(LASTING);
    await redis.set(shard.stats, "not a hash");
    await expect(queue.send([message("x")])).rejects.toThrow(/WRONGTYPE/);
  });
});
