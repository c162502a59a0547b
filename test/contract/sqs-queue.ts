/** What the queue on SQS must do on whatever stands in for SQS: the contract of every queue, and what is SQS's own. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Config } from "../../lib/config/config.ts";
import { SqsQueue } from "../../lib/queue/sqs/queue.ts";
import { MOST_BYTES } from "../../lib/queue/sqs/sender.ts";
import { connectRedis } from "../../lib/redis/client.ts";
import type { RedisConnection } from "../../lib/redis/connection.ts";
import { Shards } from "../../lib/redis/shards.ts";
import { testConfig } from "../support/deps.ts";
import { poll, type QueueOptions, setAside } from "../support/queue-steps.ts";
import { makeSqsQueue } from "../support/sqs.ts";
import { queueContract } from "./queue.ts";

const shards = new Shards(1);
const OPTIONS = { visibilitySeconds: 60, maxDeliveries: 5 };
const now = { maxMessages: 100, waitMs: 0 };

/**
 * @param name of the server
 * @param findServer gives an endpoint on which queues may be made
 */
export function sqsQueueContract(name: string, findServer: () => Promise<string>): void {
  let config: Config;
  let redis: RedisConnection;
  let endpoint: string;
  const open: SqsQueue[] = [];

  beforeAll(async () => {
    config = await testConfig();
    redis = connectRedis(config);
    endpoint = await findServer();
  });
  afterAll(async () => {
    await Promise.all(open.map((queue) => queue.close()));
    redis.disconnect();
  });

  /** An empty queue of its own, and no notes. */
  const makeQueue = async (options: QueueOptions): Promise<SqsQueue> => {
    await redis.flushdb();
    const queue = new SqsQueue(redis, shards, {
      sqs: await makeSqsQueue(endpoint, options),
      queueVisibilitySeconds: options.visibilitySeconds,
      queueMaxDeliveries: options.maxDeliveries,
    });
    open.push(queue);
    return queue;
  };

  // A body of which every code unit must be escaped is 3.5 times as large in SQS; the suite's has one pair in 21 bytes.
  queueContract(`SqsQueue on ${name}`, makeQueue, { maxBodyBytes: 700_000, forgetsDeliveries: false });
  describe(`SQS as ${name}`, () => knowsSqs(makeQueue, () => redis));
}

function knowsSqs(
  makeQueue: (options: QueueOptions) => Promise<SqsQueue>,
  notes: () => RedisConnection,
): void {
  it("a body may be as large as SQS takes, to the byte; a larger one is refused and its neighbours are not", async () => {
    const queue = await makeQueue(OPTIONS);
    const most = "x".repeat(MOST_BYTES);
    const sent = await queue.sendEach([{ body: `${most}x` }, { body: most }, { body: "small" }]);
    expect(sent).toMatchObject([{ id: undefined, retryable: false }, { id: /./ }, { id: /./ }].map(anId));
    const messages = await queue.receive(now);
    expect(messages.map(({ body }) => body.length).sort()).toEqual([5, MOST_BYTES].sort());
    await expect(queue.send([{ body: `${most}x`, events: 1 }])).rejects.toThrow(/refused/);
  });

  const anId = (sent: object): object => ("retryable" in sent ? sent : { id: expect.any(String) });

  it("characters that SQS refuses come through all the same, and the mark that carries them too", async () => {
    const queue = await makeQueue(OPTIONS);
    const texts = [
      "\ufffe\uffff",
      "\0\x01\x1f\x7f\x85",
      "\ufdd0ffff",
      "😀\u{10ffff}",
      "\ud800 alone",
      "\ufeff",
    ];
    await queue.send(texts.map((body) => ({ body, events: 1 })));
    expect((await queue.receive(now)).map(({ body }) => body).sort()).toEqual(texts.sort());
  });

  it("leaves no note when all is acknowledged, or set aside", async () => {
    const queue = await makeQueue({ ...OPTIONS, maxDeliveries: 1 });
    await queue.send(Array.from({ length: 25 }, (_, n) => ({ body: `m-${n}`, events: 2 })));
    const messages = await queue.receive(now);
    expect(await notes().zcard(shards.first.open)).toBe(25);
    const [poison, ...rest] = messages.map(({ id }) => id);
    await queue.ack(rest);
    await queue.fail([poison ?? ""]);
    expect(await notes().zcard(shards.first.open)).toBe(0);
    expect(await notes().hlen(shards.first.receipts)).toBe(0);
    const look = async () => {
      await queue.receive(now);
      return queue.depth();
    };
    await poll(look).toMatchObject({ messages: 0, events: 0, deadLetters: 1 });
  });

  it("a message whose worker died keeps its note until it is put back, then has one under its new id", async () => {
    const queue = await makeQueue({ visibilitySeconds: 1, maxDeliveries: 1 });
    await queue.send([{ body: "three\nevents\neach\nline", events: 3 }]);
    const [old] = await queue.receive({ maxMessages: 1, waitMs: 5_000 });
    const look = async () => {
      await queue.receive(now);
      return queue.depth();
    };
    await poll(look).toMatchObject({ messages: 0, events: 3, deadLetters: 1 });
    expect(await notes().hkeys(shards.first.receipts)).toEqual([old?.id]);
    expect(await queue.redrive(1)).toBe(1);
    const [back] = await queue.receive({ maxMessages: 1, waitMs: 5_000 });
    expect(back).toMatchObject({ body: old?.body, deliveries: 1 });
    expect(await notes().hgetall(shards.first.receipts)).toEqual({
      [back?.id ?? ""]: expect.stringMatching(/^\* 3 \d+ o 0:3,$/),
    });
    expect(await notes().zrange(shards.first.open, 0, "-1")).toEqual([back?.id]);
    expect(await queue.depth()).toMatchObject({ events: 3, deadLetters: 0 });
  });

  it("a dead letter is sent before it is deleted, so that it stays when its note can't be opened", async () => {
    const queue = await makeQueue({ ...OPTIONS, maxDeliveries: 1 });
    await setAside(queue, [{ body: "kept\nline", events: 1 }]);
    await notes().set(shards.first.open, "not a sorted set");
    await expect(queue.redrive(1)).rejects.toThrow(/WRONGTYPE/);
    await notes().del(shards.first.open);
    expect(await queue.depth()).toMatchObject({ messages: 1, deadLetters: 1 });
    expect(await queue.receive(now)).toMatchObject([{ body: "kept\nline" }]);
  });

  it("a released message comes back later and later, and each time counts", async () => {
    const queue = await makeQueue(OPTIONS);
    await queue.send([{ body: "released", events: 1 }]);
    const seenAt: number[] = [];
    for (const deliveries of [1, 2, 3, 4]) {
      const [message] = await queue.receive({ maxMessages: 1, waitMs: 15_000 });
      expect(message).toMatchObject({ body: "released", deliveries });
      seenAt.push(Date.now());
      await queue.release([message?.id ?? ""]);
    }
    // One second against four: a machine under load may be late by a second or two.
    const [first = 0, second = 0, third = 0, fourth = 0] = seenAt;
    expect(fourth - third).toBeGreaterThan(second - first);
  });
}
