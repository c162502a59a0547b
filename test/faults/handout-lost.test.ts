/** The network loses a delivery or an acknowledgement: messages need not wait for the visibility timeout. */
import { beforeEach, expect, it } from "vitest";
import type { Message, Queue } from "../../lib/queue/port.ts";
import { RedisQueue } from "../../lib/queue/redis/queue.ts";
import { connectRedis } from "../../lib/redis/client.ts";
import { Shards } from "../../lib/redis/shards.ts";
import { bodies, expectNothing, ids, numbered, poll, take } from "../support/queue/queue-steps.ts";
import { testConfig } from "../support/servers/deps.ts";
import { behindProxy, type TcpProxy } from "../support/servers/tcp-proxy.ts";

/** Longer than a test may take. */
const SETTINGS = { queueVisibilitySeconds: 600, queueMaxDeliveries: 2 };

let proxy: TcpProxy;
/** `queue` connects through the proxy, `other` bypasses it. */
let queue: Queue;
let other: Queue;

beforeEach(async () => {
  const config = await testConfig();
  const behind = await behindProxy(config.redisUrl);
  proxy = behind.proxy;
  const connections = [behind.url, config.redisUrl].map((redisUrl) => connectRedis({ ...config, redisUrl }));
  const queues = connections.map((redis) => new RedisQueue(redis, new Shards(1).first, SETTINGS));
  [queue, other] = queues as [RedisQueue, RedisQueue];
  return async () => {
    for (const one of queues) await one.close();
    for (const redis of connections) redis.disconnect();
  };
});

/** Receives until it has `count` messages, whatever fails. */
async function receiveAll(count: number, waitMs: number): Promise<Message[]> {
  const taken: Message[] = [];
  await poll(async () => {
    taken.push(...(await queue.receive({ maxMessages: 10, waitMs }).catch(() => [])));
    return taken.length;
  }).toBe(count);
  return taken;
}

it.each([
  ["while the receiver waits", 1_000],
  ["at once", 0],
])(
  "messages delivered %s in a lost reply are redelivered to the same receiver with a delivery count of 1",
  async (_, waitMs) => {
    // So that the group and the connections exist.
    await queue.receive({ maxMessages: 1, waitMs });
    proxy.loseReplyWith("m-0");
    const receiving = receiveAll(5, waitMs);
    await other.send(numbered(5));
    const messages = await receiving;
    expect(proxy.lost()).toBe(1);
    expect(bodies(messages)).toEqual(numbered(5).map(({ body }) => body));
    expect(messages.map(({ deliveries }) => deliveries)).toEqual([1, 1, 1, 1, 1]);
    await queue.ack(ids(messages));
    expect(await other.depth()).toMatchObject({ messages: 0, events: 0, deadLetters: 0 });
  },
);

it("messages taken over in a lost reply are redelivered without a further delivery counted", async () => {
  await other.send(numbered(5));
  const held = await take(other, 5);
  await queue.receive({ maxMessages: 1, waitMs: 0 });
  proxy.loseReplyWith("m-0");
  await other.fail(ids(held));
  const messages = await receiveAll(5, 0);
  expect(proxy.lost()).toBe(1);
  expect(messages.map(({ deliveries }) => deliveries)).toEqual([2, 2, 2, 2, 2]);
});

it("a message delivered to another call of the same receiver is not considered lost", async () => {
  await other.send(numbered(1_000));
  const receivers = Array.from({ length: 8 }, async () => {
    const seen: Message[] = [];
    for (;;) {
      const messages = await queue.receive({ maxMessages: 9, waitMs: 0 });
      if (messages.length === 0) return seen;
      seen.push(...messages);
    }
  });
  const seen = (await Promise.all(receivers)).flat();
  expect(new Set(ids(seen)).size).toBe(1_000);
  expect(seen).toHaveLength(1_000);
});

it("an acknowledgement that did not reach Redis is repeated, and its messages are not redelivered", async () => {
  await other.send(numbered(5));
  const messages = await take(queue, 5);
  proxy.leave();
  await expect(queue.ack(ids(messages))).rejects.toThrow();
  // A caller whose acknowledgement failed does this.
  await queue.release(ids(messages)).catch(() => {});
  await proxy.comeBack();
  await poll(async () => {
    expect(await queue.receive({ maxMessages: 10, waitMs: 0 }).catch(() => [])).toEqual([]);
    return other.depth();
  }).toMatchObject({ messages: 0, events: 0 });
});

it("messages whose release failed are redelivered all the same", async () => {
  await other.send(numbered(5));
  const messages = await take(queue, 5);
  proxy.leave();
  await expect(queue.release(ids(messages))).rejects.toThrow();
  await proxy.comeBack();
  expect((await receiveAll(5, 0)).map(({ deliveries }) => deliveries)).toEqual([1, 1, 1, 1, 1]);
  await expectNothing(queue);
});
