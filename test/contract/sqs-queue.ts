/** What SqsQueue must do on any SQS emulator: the contract of every queue, and what is specific to SQS. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Config } from "../../lib/config/config.ts";
import { SqsQueue } from "../../lib/queue/sqs/queue.ts";
import { MOST_BYTES } from "../../lib/queue/sqs/sender.ts";
import { connectRedis } from "../../lib/redis/client.ts";
import type { RedisConnection } from "../../lib/redis/connection.ts";
import { Shards } from "../../lib/redis/shards.ts";
import {
  bodies,
  ids,
  LASTING,
  message,
  numbered,
  poll,
  type QueueOptions,
  queueWith,
  setAside,
} from "../support/queue/queue-steps.ts";
import { testConfig } from "../support/servers/deps.ts";
import { makeSqsQueue } from "../support/servers/sqs.ts";
import { queueContract } from "./queue.ts";

const shards = new Shards(1);
const now = { maxMessages: 100, waitMs: 0 };

/**
 * @param name of the server
 * @param findServer returns an endpoint on which queues may be created
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

  /** Creates an empty queue and deletes all notes in Redis. */
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

  // A body whose every code unit must be escaped is 3.5 times as large in SQS; the suite's has one pair in 21 bytes.
  queueContract(`SqsQueue on ${name}`, makeQueue, { maxBodyBytes: 700_000, forgetsDeliveries: false });
  describe(`SqsQueue, specific to SQS, on ${name},`, () => knowsSqs(makeQueue, () => redis));
}

function knowsSqs(
  makeQueue: (options: QueueOptions) => Promise<SqsQueue>,
  notes: () => RedisConnection,
): void {
  const depthAfterReceive = async (queue: SqsQueue) => {
    await queue.receive(now);
    return queue.depth();
  };

  it("sends a body of exactly SQS's maximum, and refuses a larger one but not its neighbours", async () => {
    const queue = await makeQueue(LASTING);
    const most = "x".repeat(MOST_BYTES);
    const sent = await queue.sendEach([{ body: `${most}x` }, { body: most }, { body: "small" }]);
    const accepted = { id: expect.any(String) };
    expect(sent).toMatchObject([{ id: undefined, retryable: false }, accepted, accepted]);
    const messages = await queue.receive(now);
    expect(messages.map(({ body }) => body.length).sort()).toEqual([5, MOST_BYTES].sort());
    await expect(queue.send([{ body: `${most}x`, events: 1 }])).rejects.toThrow(/refused/);
  });

  it("carries characters that SQS refuses, and the mark that escapes them", async () => {
    const queue = await makeQueue(LASTING);
    const noncharacters = ["\ufffe\uffff", "\0\x01\x1f\x7f\x85", "\ufdd0ffff", "\ufeff"];
    const odd = [...noncharacters, "😀\u{10ffff}", "\ud800 alone"];
    await queue.send(odd.map((body) => message(body)));
    expect(bodies(await queue.receive(now))).toEqual(odd.sort());
  });

  it("leaves no note when every message is acknowledged or a dead letter", async () => {
    const queue = await queueWith(makeQueue, numbered(25), { ...LASTING, maxDeliveries: 1 });
    const messages = await queue.receive(now);
    expect(await notes().zcard(shards.first.open)).toBe(25);
    const [poison, ...rest] = ids(messages);
    await queue.ack(rest);
    await queue.fail([poison ?? ""]);
    expect(await notes().zcard(shards.first.open)).toBe(0);
    expect(await notes().hlen(shards.first.receipts)).toBe(0);
    await poll(() => depthAfterReceive(queue)).toMatchObject({ messages: 0, events: 0, deadLetters: 1 });
  });

  it("keeps the note of a message whose worker died until its redrive, and then notes its new id", async () => {
    const queue = await queueWith(makeQueue, [message("three\nevents\neach\nline", 3)], {
      visibilitySeconds: 1,
      maxDeliveries: 1,
    });
    const [old] = await queue.receive({ maxMessages: 1, waitMs: 5_000 });
    await poll(() => depthAfterReceive(queue)).toMatchObject({ messages: 0, events: 3, deadLetters: 1 });
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

  it("sends a dead letter before it deletes it, so that it keeps it when the note can't be written", async () => {
    const queue = await makeQueue({ ...LASTING, maxDeliveries: 1 });
    await setAside(queue, [message("kept\nline")]);
    await notes().set(shards.first.open, "not a sorted set");
    await expect(queue.redrive(1)).rejects.toThrow(/WRONGTYPE/);
    await notes().del(shards.first.open);
    expect(await queue.depth()).toMatchObject({ messages: 1, deadLetters: 1 });
    expect(await queue.receive(now)).toMatchObject([{ body: "kept\nline" }]);
  });

  it("redelivers a released message after longer and longer delays, and counts each delivery", async () => {
    const queue = await queueWith(makeQueue, [message("released")]);
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
