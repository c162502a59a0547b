/** What GET /v1/pipeline returns after Redis lost data or failed during ingest or the worker, or after a worker died. */
import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import type { SqsQueue } from "../../lib/queue/sqs/queue.ts";
import { readFreshness } from "../../lib/storage/freshness.ts";
import { drain } from "../../lib/worker/settle-batch.ts";
import { startRedis } from "../../local/redis.ts";
import {
  freshDeps,
  type OwnServer,
  ownServer,
  readPipeline,
  sendUntilTaken,
  someEvents,
} from "../support/faults.ts";
import { addClient, anEvent, counts, drainAll, expectTidy, send, stored } from "../support/pipeline.ts";
import { expectTotals, look, watchWorker } from "../support/queue/pipeline-watch.ts";
import { QUEUES, queueConfig } from "../support/queue/queues.ts";
import { tcpProxy } from "../support/servers/tcp-proxy.ts";

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

/** Returns the messages left after the worker processed what it could get. */
async function workedOff(): Promise<number> {
  await drainAll(deps);
  return (await deps.queue.depth()).messages;
}

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  beforeEach(() => start(queue));

  it("after Redis comes back empty, 25 new events are pending until they are stored", async () => {
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

  it("after Redis comes back with older data, 25 new events are pending until they are stored", async () => {
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

  it("after Redis comes back with data from before events were settled, they are not pending again", async () => {
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

  it("a worker that dies after its commit leaves nothing pending", async () => {
    await take(25);
    const messages = await deps.queue.receive({ maxMessages: 10, waitMs: 1_000 });
    const dying = {
      ...deps,
      intake: { received: async () => {}, settled: () => new Promise<never>(() => {}) },
    };
    void drain(messages, dying as unknown as Deps);
    await expect.poll(async () => (await look(deps, secret)).stored, { timeout: 10_000 }).toBe(25);
    await expectTotals(deps, secret, { accepted: 25, pending: 0 });
    await expect.poll(workedOff, { timeout: 20_000 }).toBe(0);
    await expectTotals(deps, secret, { accepted: 25, stored: 25, ...NOTHING_WAITS });
    await expectTidy(deps, clientId);
  });

  it("nothing stays pending if Redis is unreachable from the worker's commit to its acknowledgement", async () => {
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

  /** Crashes Redis when SQS has accepted the next request's messages, before ingest confirms that. */
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

  it("if Redis dies before a request is confirmed, its events are pending until they are stored", async () => {
    await take(10);
    await drainAll(deps);
    loseRedisAtConfirm();
    expect(await send(deps, secret, someEvents(25))).toMatchObject({ status: 202, body: { accepted: 25 } });
    await redis.start();
    await expectTotals(deps, secret, { accepted: 35, pending: 25, queue: { events: 25 } });
    await watchWorker(deps, secret, { waiting: 25, sent: 35 });
    await expectTotals(deps, secret, { accepted: 35, stored: 35, ...NOTHING_WAITS });
  });

  it("an event that Redis considers a conflict is pending as soon as SQS has it", async () => {
    const first = anEvent();
    expect((await send(deps, secret, first)).status).toBe(202);
    const queue = deps.queue as SqsQueue;
    const { sendEach } = queue;
    let pending: number | undefined;
    queue.sendEach = async (messages) => {
      const sent = await sendEach.call(queue, messages);
      queue.sendEach = sendEach;
      ({ pending } = await look(deps, secret));
      return sent;
    };
    expect((await send(deps, secret, { ...first, payload: { n: 2 } })).status).toBe(202);
    expect(pending).toBe(2);
    await drainAll(deps);
    await expectTotals(deps, secret, { accepted: 2, stored: 1, duplicates: 1, ...NOTHING_WAITS });
  });

  it("if Redis dies before a request is confirmed, the confirmation is repeated later", async () => {
    await take(1);
    loseRedisAtConfirm();
    const batch = someEvents(25);
    expect((await send(deps, secret, batch)).body).toMatchObject({ accepted: 25 });
    await redis.start();
    // The repeated confirmation marks the ids as seen.
    const again = async () => (await sendUntilTaken(deps, secret, batch)).body;
    expect(await again()).toMatchObject({ accepted: 0, duplicates: 25 });
    await drainAll(deps);
    await expectTotals(deps, secret, { accepted: 26, stored: 26, duplicates: 0, ...NOTHING_WAITS });
    await expectTidy(deps, clientId);
  });

  it.each([
    ["empty", () => redis.startEmpty()],
    ["with data from before them", () => redis.startFromCopy()],
  ])("if Redis comes back %s while 25 events wait in SQS, they stay pending", async (_, restart) => {
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

  it("if Redis restores more settled events than one call of the pipeline checks, none stays pending", async () => {
    const events = Array.from({ length: 600 }, () => anEvent());
    await Promise.all(events.map((event) => send(deps, secret, event)));
    await redis.copyData();
    await drainAll(deps);
    await redis.stop();
    await redis.startFromCopy();
    await expectTotals(deps, secret, { accepted: 600, stored: 600, ...NOTHING_WAITS });
    expect((await deps.queue.depth()).oldestAgeMs).toBe(0);
  });

  it("a request that was admitted but never sent counts until the queue has moved past it", async () => {
    await take(5);
    const sendEach = vi.spyOn(deps.queue as SqsQueue, "sendEach");
    sendEach.mockReturnValueOnce(new Promise(() => {}));
    void send(deps, secret, someEvents(3));
    await expect.poll(async () => (await look(deps, secret)).pending, { timeout: 20_000 }).toBe(8);
    const { open, receipts } = deps.shards.first;
    const ids = (await deps.redis.hkeys(receipts)).sort();
    // Both are as old as an unconfirmed request may be, and the one that was sent is older.
    const longAgo = Date.now() - 3_600_000;
    await deps.redis.zadd(open, longAgo, ids[0] ?? "", longAgo + 1, ids[1] ?? "");
    await expectTotals(deps, secret, { accepted: 8, pending: 8, queue: { events: 8 } });
    await expect.poll(pendingAfterWork, { timeout: 20_000 }).toBe(0);
    await expectTotals(deps, secret, { accepted: 5, stored: 5, ...NOTHING_WAITS });
    await expectTidy(deps, clientId);
  });

  it("if Redis admits a request, its reply is lost and Redis is then unreachable, the events, never sent, do not stay pending", async () => {
    await take(5);
    const url = new URL(redis.url);
    const proxy = await tcpProxy(Number(url.port));
    url.port = String(proxy.port);
    const lossy = freshDeps({ ...deps.config, redisUrl: url.href });
    await sendUntilTaken(lossy, secret, someEvents(1));
    proxy.loseNextReply();
    const answer = send(lossy, secret, someEvents(3));
    await expect.poll(proxy.lost, { interval: 1 }).toBe(1);
    proxy.leave();
    expect((await answer).status).toBe(503);
    await proxy.comeBack();
    await expect.poll(async () => (await look(deps, secret)).pending, { timeout: 20_000 }).toBe(6);
    await expect.poll(pendingAfterWork, { timeout: 20_000 }).toBe(0);
    await expectTotals(deps, secret, { accepted: 6, stored: 6, ...NOTHING_WAITS });
    await expectTidy(deps, clientId);
  });

  it("if SQS refuses a request and Redis dies before that is recorded, its events no longer count once Redis is back", async () => {
    await take(5);
    const sendEach = vi.spyOn(deps.queue as SqsQueue, "sendEach");
    sendEach.mockImplementationOnce(async (messages) => {
      await redis.crash();
      return messages.map(() => ({ id: undefined, refused: "test", retryable: true }));
    });
    expect((await send(deps, secret, someEvents(3))).status).toBe(503);
    await redis.start();
    await expect.poll(async () => (await look(deps, secret)).pending, { timeout: 20_000 }).toBe(5);
    await expectTotals(deps, secret, { accepted: 5, pending: 5 });
  });

  it("if Redis comes back empty while a worker holds 25 events, pending is 25 or withheld, never too low", async () => {
    await take(10);
    await drainAll(deps);
    await take(25);
    const messages = await deps.queue.receive({ maxMessages: 10, waitMs: 1_000 });
    await redis.stop();
    await redis.startEmpty();
    for (let looks = 0; looks < 5; looks++) {
      const { status, body } = await readPipeline(deps, secret);
      if (status === 200) expect(body).toMatchObject({ accepted: 35, pending: 25 });
      else expect(body).toMatchObject({ code: "queue-unavailable" });
    }
    await drain(messages, deps);
    await deps.queue.ack(messages.map(({ id }) => id));
    await expectTotals(deps, secret, { accepted: 35, stored: 35, ...NOTHING_WAITS });
  });

  it.each([1, 2])(
    "if Redis comes back empty while a worker holds %i of 3 messages, pending is correct or withheld",
    async (held) => {
      await take(10);
      await drainAll(deps);
      for (const events of [5, 8, 12]) await take(events);
      const messages = await deps.queue.receive({ maxMessages: held, waitMs: 1_000 });
      expect(messages).toHaveLength(held);
      await redis.stop();
      await redis.startEmpty();
      let refused = 0;
      for (let looks = 0; looks < 5; looks++) {
        const { status, body } = await readPipeline(deps, secret);
        if (status === 200) expect(body).toMatchObject({ accepted: 35, pending: 25 });
        else {
          expect(body).toMatchObject({ code: "queue-unavailable" });
          expect((await readFreshness(deps)).as_of).toBeNull();
          refused++;
        }
      }
      expect(refused).toBeGreaterThan(0);
      await drain(messages, deps);
      await deps.queue.ack(messages.map(({ id }) => id));
      await expect.poll(pendingAfterWork, { timeout: 20_000 }).toBe(0);
      await expectTotals(deps, secret, { accepted: 35, stored: 35, ...NOTHING_WAITS });
      expect((await readFreshness(deps)).as_of).not.toBeNull();
    },
  );

  it("after Redis comes back empty, messages count as pending however long a worker holds them", async () => {
    await take(10);
    await drainAll(deps);
    await take(25);
    await redis.stop();
    await redis.startEmpty();
    const messages = await deps.queue.receive({ maxMessages: 10, waitMs: 1_000 });
    const ids = messages.map(({ id }) => id);
    const holding = setInterval(() => void deps.queue.extend(ids), 300);
    onTestFinished(() => clearInterval(holding));
    await deps.sql.begin(async (tx) => {
      await tx`LOCK TABLE event_ledger IN EXCLUSIVE MODE`;
      // The drain ends at its time limit.
      void drain(messages, deps).catch(() => {});
      const answer = async (): Promise<unknown> => (await readPipeline(deps, secret)).body;
      await expect
        .poll(answer, { timeout: 20_000 })
        .toMatchObject({ accepted: expect.any(Number), pending: 25 });
    });
    clearInterval(holding);
    await expect.poll(pendingAfterWork, { timeout: 20_000 }).toBe(0);
  });

  it("if Redis is emptied again during a recount, the number is withheld", async () => {
    await take(10);
    await drainAll(deps);
    await take(25);
    await redis.stop();
    await redis.startEmpty();
    const recount = deps.intake.recount.bind(deps.intake);
    vi.spyOn(deps.intake, "recount").mockImplementationOnce(async (forMs) => {
      const counted = await recount(forMs);
      await deps.redis.flushall();
      return counted;
    });
    const answers = await Promise.all([readPipeline(deps, secret), readPipeline(deps, secret)]);
    for (const { status, body } of answers)
      if (status === 200) expect(body).toMatchObject({ accepted: 35, pending: 25 });
    await expectTotals(deps, secret, { accepted: 35, pending: 25 });
  });

  it("a system that has never lost data reports the freshness of its answers before the first call of the pipeline", async () => {
    await take(10);
    await drainAll(deps);
    expect((await readFreshness(deps)).as_of).not.toBeNull();
    await expectTotals(deps, secret, { accepted: 10, stored: 10, ...NOTHING_WAITS });
  });

  it("dead letters stay pending, but add neither events nor age to the queue", async () => {
    deps = freshDeps({ ...deps.config, queueMaxDeliveries: 1 });
    await take(2);
    const [message] = await deps.queue.receive({ maxMessages: 1, waitMs: 1_000 });
    if (message === undefined) throw new Error("No message came.");
    await deps.sql`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`;
    await deps.sql`CREATE TRIGGER refuse BEFORE INSERT ON receipts FOR EACH ROW EXECUTE FUNCTION refuse()`;
    const failed = await drain([message], deps);
    expect(failed).toEqual([message.id]);
    await deps.sql`DROP TRIGGER refuse ON receipts`;
    await expectTotals(deps, secret, { accepted: 2, pending: 2, queue: { events: 0, oldest_age_ms: 0 } });
    // Processing it again, as after a redrive, settles it.
    await drain([message], deps);
    await expectTotals(deps, secret, { accepted: 2, stored: 2, ...NOTHING_WAITS });
  });
});
