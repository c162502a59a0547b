/** On SQS: what GET /v1/pipeline returns while events wait in SQS or with a worker and Redis has lost its count of them. */
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { readFreshness } from "../../lib/storage/freshness.ts";
import { drain } from "../../lib/worker/process-batch.ts";
import { readPipeline } from "../support/faults.ts";
import { anEvent, drainAll } from "../support/pipeline.ts";
import { type WatchedPipeline, watchedPipeline } from "../support/queue/pipeline-watch.ts";
import { lockTable } from "../support/servers/lock.ts";

let pipeline: WatchedPipeline;
beforeEach(async () => {
  pipeline = await watchedPipeline("sqs");
});

async function emptyRedis(): Promise<void> {
  await pipeline.redis.stop();
  await pipeline.redis.startEmpty();
}

it.each([
  ["empty", (redis: WatchedPipeline["redis"]) => redis.startEmpty()],
  ["with data from before them", (redis: WatchedPipeline["redis"]) => redis.startFromCopy()],
])("if Redis comes back %s while 25 events wait in SQS, they stay pending", async (_, restart) => {
  const { redis, deps } = pipeline;
  await pipeline.store(10);
  await redis.copyData();
  await pipeline.take(25);
  await redis.stop();
  await restart(redis);
  await pipeline.expectTotals({ accepted: 35, pending: 25 });
  const received = async () => (await deps.queue.receive({ maxMessages: 1, waitMs: 0 })).length;
  await expect.poll(received, { timeout: 45_000 }).toBe(1);
  await pipeline.settle(35);
});

it("if Redis restores more settled events than one call of the pipeline checks, none stays pending", async () => {
  const { redis, deps, client } = pipeline;
  for (let n = 0; n < 600; n++) await client.accept(anEvent());
  await redis.copyData();
  await drainAll(deps);
  await redis.stop();
  await redis.startFromCopy();
  await pipeline.expectSettled(600);
  expect((await deps.queue.depth()).oldestAgeMs).toBe(0);
});

it.each([
  [[25], 10],
  [[5, 8, 12], 1],
  [[5, 8, 12], 2],
])(
  "if Redis comes back empty while of requests of %j events a worker holds up to %i, pending is correct or withheld",
  async (requests, held) => {
    const { deps, client } = pipeline;
    await pipeline.store(10);
    for (const events of requests) await pipeline.take(events);
    const messages = await pipeline.receive(held);
    expect(messages).toHaveLength(Math.min(held, requests.length));
    await emptyRedis();
    let refused = 0;
    for (let looks = 0; looks < 5; looks++) {
      const { status, body } = await readPipeline(deps, client.secret);
      if (status === 200) expect(body).toMatchObject({ accepted: 35, pending: 25 });
      else {
        expect(body).toMatchObject({ code: "queue-unavailable" });
        expect((await readFreshness(deps)).freshness.as_of).toBeNull();
        refused++;
      }
    }
    if (messages.length < requests.length) expect(refused).toBeGreaterThan(0);
    await drain(messages, deps);
    await deps.queue.ack(messages.map(({ id }) => id));
    await pipeline.settle(35);
    expect((await readFreshness(deps)).freshness.as_of).not.toBeNull();
  },
);

it("after Redis comes back empty, messages count as pending however long a worker holds them", async () => {
  const { deps, client } = pipeline;
  await pipeline.store(10);
  await pipeline.take(25);
  await emptyRedis();
  const messages = await pipeline.receive();
  const ids = messages.map(({ id }) => id);
  const holding = setInterval(() => void deps.queue.extend(ids), 300);
  onTestFinished(() => clearInterval(holding));
  const unlock = await lockTable(deps, "event_ledger");
  // The drain ends at its time limit.
  void drain(messages, deps).catch(() => {});
  await expect
    .poll(client.pipeline, { timeout: 45_000 })
    .toMatchObject({ accepted: expect.any(Number), pending: 25 });
  await unlock();
  clearInterval(holding);
  await pipeline.settle(35);
});

it("if Redis is emptied again during a recount, the number is withheld", async () => {
  const { deps, client } = pipeline;
  await pipeline.store(10);
  await pipeline.take(25);
  await emptyRedis();
  const recount = deps.intake.recount.bind(deps.intake);
  vi.spyOn(deps.intake, "recount").mockImplementationOnce(async (forMs) => {
    const counted = await recount(forMs);
    await deps.redis.flushall();
    return counted;
  });
  const answers = await Promise.all([1, 2].map(() => readPipeline(deps, client.secret)));
  for (const { status, body } of answers)
    if (status === 200) expect(body).toMatchObject({ accepted: 35, pending: 25 });
  await pipeline.expectTotals({ accepted: 35, pending: 25 });
});
