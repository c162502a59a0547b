/** Reading ahead: at most one batch, which other receivers do not get, and which is released when it is not processed. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import type { Message, Queue } from "../../../lib/queue/port.ts";
import { Pump } from "../../../lib/queue/pump.ts";
import { atEnd } from "../../support/cleanup.ts";
import { freshDeps } from "../../support/faults.ts";
import { bodies, ids, message, numbered, poll, take } from "../../support/queue/queue-steps.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";

const SIZE = 5;

interface Setup {
  pump: Pump<Message>;
  deps: Deps;
  queue: Queue;
  /** Another receiver of the same queue. */
  other: Queue;
  /** Bodies of each batch that has been processed. */
  batches: string[][];
}

/**
 * A queue with 15 messages, and a pump for batches of five.
 * @param process runs when a batch is processed; the option `received` when one has been received
 */
async function setUp(
  kind: (typeof QUEUES)[number],
  process: (setup: Setup, batch: readonly Message[]) => Promise<string[] | undefined>,
  {
    messages = numbered(3 * SIZE),
    maxMessages = SIZE,
    maxBytes = 1_000_000,
    visibilitySeconds = 60,
    received = async (_setup: Setup): Promise<unknown> => undefined,
  } = {},
): Promise<Setup> {
  const config = await queueConfig(kind, { queueVisibilitySeconds: visibilitySeconds });
  const [deps, { queue: other }] = [freshDeps(config), freshDeps(config)];
  const { queue } = deps;
  await queue.send(messages);
  const batches: string[][] = [];
  const pump: Pump<Message> = new Pump<Message>(queue, {
    maxMessages,
    maxBytes,
    sizeOf: ({ body }) => body.length,
    prepare: async (batch) => {
      await received(setup);
      return batch;
    },
    process: async (batch) => {
      batches.push(bodies(batch));
      const untried = (await process(setup, batch)) ?? [];
      return { failed: [], untried, closing: Promise.resolve() };
    },
  });
  const setup: Setup = { pump, deps, queue, other, batches };
  atEnd(() => pump.stop());
  return setup;
}

/** Number of messages that no receiver holds, with Redis. */
async function unread({ deps: { redis, shards } }: Setup): Promise<number> {
  const { queue } = shards.first;
  const [, , , consumers] = (await redis.xpending(queue, "worker")) as [
    number,
    string,
    string,
    [string, string][],
  ];
  // Nobody reads under the name "weir"; it owns returned messages.
  const held = consumers.flatMap(([name, count]) => (name === "weir" ? [] : Number(count)));
  return held.reduce((left, count) => left - count, await redis.xlen(queue));
}

it("one batch is read while another is processed, and only one", async () => {
  const left: number[] = [];
  const setup = await setUp("redis", async (self) => {
    await sleep(200);
    left.push(await unread(self));
    return undefined;
  });
  for (let n = 0; n < 3; n++)
    expect(await setup.pump.step(0, true)).toMatchObject({ batches: 1, messages: 5, received: 5 });
  expect(await setup.pump.step(0, true)).toMatchObject({ batches: 0, messages: 0, received: 0 });
  expect(left).toEqual([5, 0, 0]);
  await setup.pump.stop();
  expect(setup.batches.flat().sort()).toEqual(
    numbered(15)
      .map(({ body }) => body)
      .sort(),
  );
  expect(await setup.queue.depth()).toMatchObject({ messages: 0, events: 0 });
});

it("nothing is read ahead if the queue gave less than a batch, or if the caller does not want it", async () => {
  const left: number[] = [];
  const look = async (self: Setup): Promise<undefined> => {
    await sleep(100);
    left.push(await unread(self));
  };
  // More messages arrive before the next batch could be read.
  const more = numbered(2);
  const received = async ({ other }: Setup): Promise<void> => {
    await other.send(more.splice(0));
  };
  const brief = await setUp("redis", look, { messages: numbered(SIZE - 1), received });
  await brief.pump.step(0, true);
  const unwanted = await setUp("redis", look);
  await unwanted.pump.step(0, false);
  expect(left).toEqual([2, 10]);
});

it("a batch and what is read ahead are limited in bytes", async () => {
  const large = Array.from({ length: 90 }, (_, n) => message(`${n} ${"x".repeat(10_000)}`));
  const maxBytes = 200_000;
  const left: number[] = [];
  const setup = await setUp(
    "redis",
    async (self) => {
      await sleep(100);
      left.push(await unread(self));
      return undefined;
    },
    { messages: large, maxMessages: 100, maxBytes },
  );
  // The first read is 32 messages, since their size is not known before it. It is full by its bytes, not by its number.
  expect(await setup.pump.step(0, true)).toMatchObject({ received: 32 });
  expect(new Set(left)).toEqual(new Set([90 - 2 * 32]));
  for (const batch of setup.batches) expect(batch.join("").length).toBeLessThanOrEqual(maxBytes);
});

it.each(QUEUES)("with %s, what was read ahead is released by a stop, and by a failure", async (kind) => {
  const setup = await setUp(kind, async (self) => {
    if (kind === "redis") await poll(() => unread(self)).toBe(5);
    else await sleep(500);
    throw new Error("the database is away");
  });
  await expect(setup.pump.step(1_000, true)).rejects.toThrow("the database is away");
  const again = await take(setup.other, 15);
  expect(again).toHaveLength(15);
  if (kind === "redis") expect(again.map(({ deliveries }) => deliveries)).toEqual(Array(15).fill(1));
  await setup.other.release(ids(again));
});

it("after a failure, nothing is read ahead until a batch has succeeded", async () => {
  const left: number[] = [];
  const setup = await setUp("redis", async (self) => {
    await sleep(100);
    left.push(await unread(self));
    if (left.length === 1) throw new Error("the database is away");
    return undefined;
  });
  await expect(setup.pump.step(0, true)).rejects.toThrow();
  await setup.pump.step(0, true);
  await setup.pump.step(0, true);
  expect(left).toEqual([5, 10, 0]);
});

it("what was read ahead stays invisible to other receivers, however long the batch before takes", async () => {
  const visibilitySeconds = 1;
  const setup = await setUp(
    "redis",
    async (self) => {
      if (self.batches.length > 1) return undefined;
      const seen = new Set<string>();
      for (let n = 0; n < 30; n++) {
        const messages = await self.other.receive({ maxMessages: 100, waitMs: 0 });
        for (const { body } of messages) seen.add(body);
        await sleep(100);
      }
      expect(seen.size).toBe(5);
      return undefined;
    },
    { visibilitySeconds },
  );
  await setup.pump.step(0, true);
  await setup.pump.step(0, true);
  expect(setup.batches[1]).toHaveLength(5);
});

it("an outcome that the queue did not take fails the next step, and its messages are delivered again", async () => {
  const setup = await setUp("redis", () => Promise.resolve(undefined));
  const ack = setup.queue.ack.bind(setup.queue);
  setup.queue.ack = () => Promise.reject(new Error("the queue is away"));
  expect(await setup.pump.step(0, true)).toMatchObject({ messages: 5 });
  await expect(setup.pump.step(0, true)).rejects.toThrow("the queue is away");
  setup.queue.ack = ack;
  await expect(setup.pump.stop()).rejects.toThrow("the queue is away");
  expect(await take(setup.other, 15)).toHaveLength(15);
});
