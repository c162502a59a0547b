/** What GET /v1/pipeline says after Redis lost data, failed a step of ingest or of the worker, or a worker died. */
import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import type { Deps } from "../../lib/deps.ts";
import { drain } from "../../lib/drain.ts";
import type { SqsQueue } from "../../lib/queue/sqs.ts";
import { startRedis } from "../../local/redis.ts";
import { freshDeps, type OwnServer, ownServer, sendUntilTaken, someEvents } from "../support/faults.ts";
import { addClient, anEvent, counts, drainAll, expectTidy, send, stored } from "../support/pipeline.ts";
import { expectTotals, look, watchWorker } from "../support/pipeline-watch.ts";
import { QUEUES, queueConfig } from "../support/queues.ts";

const NOTHING_WAITS = { pending: 0, queue: { events: 0 } };

let redis: OwnServer;
let deps: Deps;
let clientId: string;
let secret: string;

async function start(queue: "redis" | "sqs"): Promise<void> {
  redis = await ownServer(startRedis, { appendfsync: "always" });
  deps = freshDeps(await queueConfig(queue, { redisUrl: redis.url, queueVisibilitySeconds: 1 }));
  ({ clientId, secret } = await addClient(deps, `c-${randomUUID().slice(0, 8)}`));
}

async function take(events: number): Promise<void> {
  expect((await sendUntilTaken(deps, secret, someEvents(events))).body).toMatchObject({ accepted: events });
}

/** Messages left after the worker had what it could get. */
async function workedOff(): Promise<number> {
  await drainAll(deps);
  return (await deps.queue.depth()).messages;
}

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  beforeEach(() => start(queue));

  it("after Redis came back empty, 25 new events are pending until they are stored", async () => {
    await take(40);
    await drainAll(deps);
    await redis.stop();
    await redis.startEmpty();
    await expectTotals(deps, secret, { accepted: 40, pending: 0 });
    await take(25);
    await watchWorker(deps, secret, { waiting: 25, sent: 65 });
    await expectTotals(deps, secret, { accepted: 65, stored: 65, ...NOTHING_WAITS });
    await expectTidy(deps, clientId);
  });

  it("after Redis came back with older data, 25 new events are pending until they are stored", async () => {
    await take(10);
    await drainAll(deps);
    await redis.copyData();
    await take(30);
    await drainAll(deps);
    await redis.stop();
    await redis.startFromCopy();
    await expectTotals(deps, secret, { accepted: 40, pending: 0 });
    await take(25);
    await watchWorker(deps, secret, { waiting: 25, sent: 65 });
    await expectTotals(deps, secret, { accepted: 65, stored: 65, ...NOTHING_WAITS });
    await expectTidy(deps, clientId);
  });

  it("after Redis came back with data from before events were settled, they are not pending again", async () => {
    for (let request = 0; request < 5; request++) await take(5);
    await redis.copyData();
    await drainAll(deps);
    await redis.stop();
    await redis.startFromCopy();
    await expectTotals(deps, secret, { accepted: 25, stored: 25, pending: 0 });
    await take(25);
    await watchWorker(deps, secret, { waiting: 25, sent: 50 });
    await expectTotals(deps, secret, { accepted: 50, stored: 50, ...NOTHING_WAITS });
    expect(await counts(deps, clientId)).toMatchObject(stored(50, { accepted: 50 }));
    await expectTidy(deps, clientId);
  });

  it("a worker that died after its commit leaves nothing pending", async () => {
    await take(25);
    const messages = await deps.queue.receive({ maxMessages: 10, waitMs: 1_000 });
    const dying = { ...deps, intake: { ...deps.intake, settled: () => new Promise<never>(() => {}) } };
    void drain(messages, dying as Deps);
    await expect.poll(async () => (await look(deps, secret)).stored, { timeout: 10_000 }).toBe(25);
    await expectTotals(deps, secret, { accepted: 25, pending: 0 });
    await expect.poll(workedOff, { timeout: 20_000 }).toBe(0);
    await expectTotals(deps, secret, { accepted: 25, stored: 25, ...NOTHING_WAITS });
    await expectTidy(deps, clientId);
  });

  it("Redis away from the worker's commit to its acknowledgement: nothing stays counted", async () => {
    await take(25);
    const messages = await deps.queue.receive({ maxMessages: 10, waitMs: 1_000 });
    await redis.stop();
    expect(await drain(messages, deps)).toEqual([]);
    await deps.queue.ack(messages.map(({ id }) => id)).catch(() => {});
    await redis.start();
    await expectTotals(deps, secret, { accepted: 25, stored: 25, pending: 0 });
    await expect.poll(workedOff, { timeout: 20_000 }).toBe(0);
    await expectTotals(deps, secret, { accepted: 25, stored: 25, ...NOTHING_WAITS });
    await expectTidy(deps, clientId);
  });
});

describe("with QUEUE=sqs", () => {
  beforeEach(() => start("sqs"));

  /** Redis dies when SQS has taken the next request's messages, and before ingest confirms that. */
  function loseRedisAtConfirm(): void {
    const queue = deps.queue as SqsQueue;
    const { sendEach } = queue;
    queue.sendEach = async (messages) => {
      const sent = await sendEach.call(queue, messages);
      queue.sendEach = sendEach;
      await redis.crash();
      return sent;
    };
  }

  async function pendingAfterWork(): Promise<number> {
    await drainAll(deps);
    return (await look(deps, secret)).pending;
  }

  it("Redis dies before a request is confirmed: its events are pending until they are stored", async () => {
    await take(10);
    await drainAll(deps);
    loseRedisAtConfirm();
    expect(await send(deps, secret, someEvents(25))).toMatchObject({ status: 202, body: { accepted: 25 } });
    await redis.start();
    await expectTotals(deps, secret, { accepted: 35, pending: 25, queue: { events: 25 } });
    await watchWorker(deps, secret, { waiting: 25, sent: 35 });
    await expectTotals(deps, secret, { accepted: 35, stored: 35, ...NOTHING_WAITS });
  });

  it("Redis dies before a request is confirmed, and the confirmation is made up for", async () => {
    await take(1);
    loseRedisAtConfirm();
    const batch = someEvents(25);
    expect((await send(deps, secret, batch)).body).toMatchObject({ accepted: 25 });
    await redis.start();
    // The ids are marked by it.
    const again = async () => (await sendUntilTaken(deps, secret, batch)).body;
    expect(await again()).toMatchObject({ accepted: 0, duplicates: 25 });
    await drainAll(deps);
    await expectTotals(deps, secret, { accepted: 26, stored: 26, duplicates: 0, ...NOTHING_WAITS });
    await expectTidy(deps, clientId);
  });

  it.each([
    ["empty", () => redis.startEmpty()],
    ["with data from before them", () => redis.startFromCopy()],
  ])("Redis comes back %s while 25 events wait in SQS: they stay pending", async (_, restart) => {
    await take(10);
    await drainAll(deps);
    await redis.copyData();
    await take(25);
    await redis.stop();
    await restart();
    await expectTotals(deps, secret, { accepted: 35, pending: 25 });
    await expect
      .poll(async () => (await deps.queue.receive({ maxMessages: 1, waitMs: 0 })).length, { timeout: 20_000 })
      .toBe(1);
    await expect.poll(pendingAfterWork, { timeout: 20_000 }).toBe(0);
    await expectTotals(deps, secret, { accepted: 35, stored: 35, ...NOTHING_WAITS });
    await expectTidy(deps, clientId);
  });

  it("more events are pending than one look goes through, all of them settled unseen", async () => {
    const events = Array.from({ length: 600 }, () => anEvent());
    await Promise.all(events.map((event) => send(deps, secret, event)));
    await redis.copyData();
    await drainAll(deps);
    await redis.stop();
    await redis.startFromCopy();
    await expectTotals(deps, secret, { accepted: 600, stored: 600, ...NOTHING_WAITS });
  });
});
