/** What GET /v1/pipeline returns after Redis lost data or failed during ingest or the worker, or after a worker died. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import type { SqsQueue } from "../../lib/queue/sqs/queue.ts";
import { readFreshness } from "../../lib/storage/freshness.ts";
import { drain } from "../../lib/worker/process-batch.ts";
import { freshDeps, someEvents } from "../support/faults.ts";
import { anEvent, drainAll } from "../support/pipeline.ts";
import { type WatchedPipeline, watchedPipeline } from "../support/queue/pipeline-watch.ts";
import { QUEUES } from "../support/queue/queues.ts";
import { behindProxy } from "../support/servers/tcp-proxy.ts";

let pipeline: WatchedPipeline;

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  beforeEach(async () => {
    pipeline = await watchedPipeline(queue);
  });

  it.each([
    ["empty", (redis: WatchedPipeline["redis"]) => redis.startEmpty()],
    ["with older data", (redis: WatchedPipeline["redis"]) => redis.startFromCopy()],
  ])("after Redis comes back %s, 25 new events are pending until they are stored", async (_, restart) => {
    const { redis, client } = pipeline;
    await pipeline.store(10);
    await redis.copyData();
    await pipeline.store(30);
    await redis.stop();
    await restart(redis);
    await pipeline.expectTotals({ accepted: 40, pending: 0 });
    await pipeline.take(25);
    await pipeline.watchWorker({ waiting: 25, sent: 65 });
    await client.expectTidy();
  });

  it("after Redis comes back with data from before events were settled, they are not pending again", async () => {
    const { redis, deps, client } = pipeline;
    for (let request = 0; request < 5; request++) await pipeline.take(5);
    await redis.copyData();
    await drainAll(deps);
    await redis.stop();
    await redis.startFromCopy();
    await pipeline.expectTotals({ accepted: 25, stored: 25, pending: 0 });
    await pipeline.take(25);
    await pipeline.watchWorker({ waiting: 25, sent: 50 });
    await client.expectStored(50, { accepted: 50 });
    await client.expectTidy();
  });

  it("a worker that dies after its commit leaves nothing pending", async () => {
    const { deps, client } = pipeline;
    await pipeline.take(25);
    const intake = { received: async () => {}, settled: () => new Promise<never>(() => {}) };
    void drain(await pipeline.receive(), { ...deps, intake } as unknown as Deps);
    await expect.poll(async () => (await pipeline.look()).stored, { timeout: 45_000 }).toBe(25);
    await pipeline.expectTotals({ accepted: 25, pending: 0 });
    await pipeline.workOff();
    await pipeline.expectSettled(25);
    await client.expectTidy();
  });

  it("nothing stays pending if Redis is unreachable from the worker's commit to its acknowledgement", async () => {
    const { redis, deps, client } = pipeline;
    await pipeline.take(25);
    const messages = await pipeline.receive();
    await redis.stop();
    expect(await drain(messages, deps)).toEqual([]);
    await deps.queue.ack(messages.map(({ id }) => id)).catch(() => {});
    await redis.start();
    await pipeline.expectTotals({ accepted: 25, stored: 25, pending: 0 });
    await pipeline.workOff();
    await pipeline.expectSettled(25);
    await client.expectTidy();
  });
});

describe("with QUEUE=sqs", () => {
  beforeEach(async () => {
    pipeline = await watchedPipeline("sqs");
  });

  /** Runs a function when SQS has accepted the next request's messages, before ingest confirms that. */
  function beforeConfirm(run: () => Promise<unknown>): void {
    const queue = pipeline.deps.queue as SqsQueue;
    const send = queue.sendEach.bind(queue);
    vi.spyOn(queue, "sendEach").mockImplementationOnce(async (messages) => {
      const sent = await send(messages);
      await run();
      return sent;
    });
  }

  it("if Redis dies before a request is confirmed, its events are pending until they are stored", async () => {
    const { redis, client } = pipeline;
    await pipeline.store(10);
    beforeConfirm(redis.crash);
    expect(await client.send(someEvents(25))).toMatchObject({ status: 202, body: { accepted: 25 } });
    await redis.start();
    await pipeline.expectTotals({ accepted: 35, pending: 25, queue: { events: 25 } });
    await pipeline.watchWorker({ waiting: 25, sent: 35 });
  });

  it("an event that Redis considers a conflict is pending as soon as SQS has it", async () => {
    const { deps, client } = pipeline;
    const first = anEvent();
    expect((await client.send(first)).status).toBe(202);
    let pending: number | undefined;
    beforeConfirm(async () => {
      ({ pending } = await pipeline.look());
    });
    expect((await client.send({ ...first, payload: { n: 2 } })).status).toBe(202);
    expect(pending).toBe(2);
    await drainAll(deps);
    await pipeline.expectSettled(2, { stored: 1, duplicates: 1 });
  });

  it("if Redis dies before a request is confirmed, the confirmation is repeated later", async () => {
    const { redis, deps, client } = pipeline;
    await pipeline.take(1);
    beforeConfirm(redis.crash);
    const batch = someEvents(25);
    expect((await client.send(batch)).body).toMatchObject({ accepted: 25 });
    await redis.start();
    // The repeated confirmation marks the ids as seen.
    expect(await client.accept(batch)).toMatchObject({ accepted: 0, duplicates: 25 });
    await drainAll(deps);
    await pipeline.expectSettled(26, { duplicates: 0 });
    await client.expectTidy();
  });

  it("a request that was admitted but never sent counts until the queue has moved past it", async () => {
    const { deps, client } = pipeline;
    await pipeline.take(5);
    vi.spyOn(deps.queue as SqsQueue, "sendEach").mockReturnValueOnce(new Promise(() => {}));
    void client.send(someEvents(3));
    await pipeline.pollPending().toBe(8);
    const { open, receipts } = deps.shards.first;
    const ids = (await deps.redis.hkeys(receipts)).sort();
    // Both are as old as an unconfirmed request may be, and the one that was sent is older.
    const longAgo = Date.now() - 3_600_000;
    await deps.redis.zadd(open, longAgo, ids[0] ?? "", longAgo + 1, ids[1] ?? "");
    await pipeline.expectTotals({ accepted: 8, pending: 8, queue: { events: 8 } });
    await pipeline.settle(5);
  });

  it("if Redis admits a request, its reply is lost and Redis is then unreachable, the events, never sent, do not stay pending", async () => {
    const { redis, deps, client } = pipeline;
    await pipeline.take(5);
    const { url, proxy } = await behindProxy(redis.url);
    const lossy = freshDeps({ ...deps.config, redisUrl: url });
    await client.accept(someEvents(1), lossy);
    proxy.loseNextReply();
    const answer = client.send(someEvents(3), lossy);
    await expect.poll(proxy.lost, { interval: 1 }).toBe(1);
    proxy.leave();
    expect((await answer).status).toBe(503);
    await proxy.comeBack();
    await pipeline.pollPending().toBe(6);
    await pipeline.settle(6);
  });

  it("if SQS refuses a request and Redis dies before that is recorded, its events no longer count once Redis is back", async () => {
    const { redis, deps, client } = pipeline;
    await pipeline.take(5);
    vi.spyOn(deps.queue as SqsQueue, "sendEach").mockImplementationOnce(async (messages) => {
      await redis.crash();
      return messages.map(() => ({ id: undefined, refused: "test", retryable: true }));
    });
    expect((await client.send(someEvents(3))).status).toBe(503);
    await redis.start();
    await pipeline.pollPending().toBe(5);
    await pipeline.expectTotals({ accepted: 5, pending: 5 });
  });

  it("a system that has never lost data reports the freshness of its answers before the first call of the pipeline", async () => {
    await pipeline.store(10);
    // Redis' and PostgreSQL's clocks are read one after the other. If more time passes in between than between the system's
    // first request and its first stored event, a call withholds `as_of`.
    await expect.poll(async () => (await readFreshness(pipeline.deps)).freshness.as_of).not.toBeNull();
    await pipeline.expectSettled(10);
  });

  it("dead letters stay pending, but add neither events nor age to the queue", async () => {
    const { client } = pipeline;
    const deps = freshDeps({ ...pipeline.deps.config, queueMaxDeliveries: 1 });
    await client.accept(someEvents(2), deps);
    const [message] = await deps.queue.receive({ maxMessages: 1, waitMs: 1_000 });
    if (message === undefined) throw new Error("No message came.");
    await deps.sql`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`;
    await deps.sql`CREATE TRIGGER refuse BEFORE INSERT ON receipts FOR EACH ROW EXECUTE FUNCTION refuse()`;
    expect(await drain([message], deps)).toEqual([message.id]);
    await deps.sql`DROP TRIGGER refuse ON receipts`;
    await pipeline.expectTotals({ accepted: 2, pending: 2, queue: { events: 0, oldest_age_ms: 0 } });
    // Processing it again, as after a redrive, settles it.
    await drain([message], deps);
    await pipeline.expectSettled(2);
  });
});
