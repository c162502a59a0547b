/** PostgreSQL refuses many events: the others are stored, the refused ones are quarantined, and nothing stalls. */
import type { SQSEvent } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { createQueue, type Deps } from "../../lib/app/connect.ts";
import { drainQueue } from "../../lib/worker/drain-queue.ts";
import { drainRecords } from "../../lib/worker/drain-records.ts";
import { drain } from "../../lib/worker/process-batch.ts";
import { startEventSource } from "../../local/event-source.ts";
import { type TestClient, testClient } from "../support/client.ts";
import { freshDeps } from "../support/faults.ts";
import { anEvent, countWaiting } from "../support/pipeline.ts";
import { queueConfig } from "../support/queue/queues.ts";
import { sqsEvent } from "../support/queue/sqs-event.ts";
import { lockTable } from "../support/servers/lock.ts";

const PER_REQUEST = 50;
/** The functions' timeouts, shortened: that of an invocation, and the part that it reserves. */
const INVOCATION_MS = 8_000;
const RESERVE_MS = 3_000;

async function poisonable(): Promise<Deps> {
  const deps = freshDeps(await queueConfig("redis", { queueMaxDeliveries: 3 }));
  await deps.sql`ALTER TABLE events ADD CHECK (NOT starts_with(event_id, 'poison'))`;
  return deps;
}

/** @param share of the events that PostgreSQL refuses, spread evenly */
async function sendRequests(client: TestClient, requests: number, share: number): Promise<void> {
  let n = 0;
  const next = (): Record<string, unknown> => {
    n++;
    const poisoned = Math.floor(n * share) > Math.floor((n - 1) * share);
    return anEvent(poisoned ? { event_id: `poison-${crypto.randomUUID()}` } : {});
  };
  for (let request = 0; request < requests; request++) {
    const { status } = await client.send({ events: Array.from({ length: PER_REQUEST }, next) });
    expect(status).toBe(202);
  }
}

type Work = (deps: Deps) => { stop(): Promise<unknown> };

/** Works as in `npm start`: an invocation that takes too long is abandoned, but keeps running. */
const eventSource: Work = (deps) =>
  startEventSource({
    createQueue: () => createQueue(deps.redis, deps.shards, deps.config),
    invoke: (event: SQSEvent) => {
      const abandoned = AbortSignal.timeout(INVOCATION_MS);
      return Promise.race([
        drainRecords(event, deps, Date.now() + INVOCATION_MS - RESERVE_MS),
        new Promise<never>((_, reject) =>
          abandoned.addEventListener("abort", () => reject(abandoned.reason)),
        ),
      ]);
    },
    log: () => {},
  });

/** Works as on a schedule: one run after another, each with its own deadline, two at a time. */
const drains: Work = (deps) => {
  let stopped = false;
  const one = async (): Promise<void> => {
    while (!stopped)
      await drainQueue(deps, {
        endsAt: Date.now() + INVOCATION_MS - 2 * RESERVE_MS,
        graceMs: RESERVE_MS,
      }).catch(() => {});
  };
  const runs = Promise.all([one(), one()]);
  return {
    stop: () => {
      stopped = true;
      return runs;
    },
  };
};

describe.each([
  ["the event source", eventSource],
  ["runs of the drain", drains],
])("400 requests of 50 events behind a lock, with %s", (_, work) => {
  it.each([0.02, 0.3])(
    "and a share of %s refused are all settled, with no dead letter",
    async (share) => {
      const deps = await poisonable();
      const client = await testClient(deps, "locked");
      await sendRequests(client, 400, share);
      const unlock = await lockTable(deps, "events");
      const working = work(deps);
      await expect.poll(() => countWaiting(deps), { timeout: 45_000 }).toBe(2);
      await unlock();
      const refused = Math.floor(400 * PER_REQUEST * share);
      const others = 400 * PER_REQUEST - refused;
      await expect
        .poll(client.counts, { timeout: 60_000, interval: 250 })
        .toMatchObject({ stored: others, quarantined: refused, duplicates: 0 });
      await working.stop();
      expect(await deps.queue.depth()).toMatchObject({ messages: 0, events: 0, deadLetters: 0 });
      expect(await client.counts()).toMatchObject({
        ...{ events: others, ledger: others, minutes: others, quarantine: refused },
      });
    },
    150_000,
  );
});

it("events that only the ledger refuses are quarantined too, and their neighbours are stored", async () => {
  const deps = await poisonable();
  const odd = "2026-11-01T00:00:00.000Z";
  await deps.sql`ALTER TABLE event_ledger ADD CHECK (event_time <> ${deps.sql.unsafe(`'${odd}'`)})`;
  const client = await testClient(deps, "ledger");
  for (let request = 0; request < 5; request++) {
    const events = Array.from({ length: 20 }, () => anEvent());
    events[request] = anEvent({ timestamp: odd });
    events[19] = anEvent({ event_id: `poison-${request}` });
    expect((await client.send({ events })).status).toBe(202);
  }
  const messages = await deps.queue.receive({ maxMessages: 10, waitMs: 0 });
  expect(await drain(messages, deps)).toEqual([]);
  expect(await client.counts()).toMatchObject({
    ...{ events: 90, ledger: 90, minutes: 90, days: 90, accepted: 100 },
    ...{ stored: 90, quarantine: 10, quarantined: 10, duplicates: 0 },
  });
  const reasons = await deps.sql`SELECT reason, count(*)::int AS n FROM quarantine GROUP BY reason`;
  expect([...reasons]).toEqual([{ reason: "23514", n: 10 }]);
});

it("a unique violation that no event can cause puts none into quarantine, and later they are stored", async () => {
  const deps = await poisonable();
  const client = await testClient(deps, "innocent");
  const work = async (): Promise<string[]> =>
    drain(await deps.queue.receive({ maxMessages: 10, waitMs: 0 }), deps);
  for (let request = 0; request < 8; request++) {
    await client.send({ events: [anEvent()] });
    await work();
  }
  // As after a crash that gives positions of the feed out again.
  await deps.sql`SELECT setval('feed_position', 1)`;
  const events = [...Array.from({ length: 4 }, () => anEvent()), anEvent({ event_id: "poison" })];
  await client.send({ events });
  expect(await work()).toHaveLength(1);
  expect(await client.counts()).toMatchObject({ stored: 8, quarantined: 0 });
  await deps.sql`SELECT setval('feed_position', 1000)`;
  await deps.redis.del(...(await deps.redis.keys("*:seen:*")));
  await client.send({ events });
  expect(await work()).toEqual([]);
  expect(await client.counts()).toMatchObject({ stored: 12, quarantined: 1 });
});

it("a resend of a stored event is a duplicate even if PostgreSQL would refuse it now", async () => {
  const deps = freshDeps(await queueConfig("redis"));
  const client = await testClient(deps, "again");
  const events = Array.from({ length: 30 }, (_, n) => anEvent({ event_id: `poison-${n}` }));
  await client.send({ events: events.slice(0, 10) });
  await drain(await deps.queue.receive({ maxMessages: 10, waitMs: 0 }), deps);
  await deps.sql`ALTER TABLE events ADD CHECK (NOT starts_with(event_id, 'poison')) NOT VALID`;
  await deps.redis.del(...(await deps.redis.keys("*:seen:*")));
  await client.send({ events: [...events, anEvent()] });
  await drain(await deps.queue.receive({ maxMessages: 10, waitMs: 0 }), deps);
  expect(await client.counts()).toMatchObject({
    stored: 11,
    duplicates: 10,
    quarantined: 20,
    quarantine: 20,
  });
});

it("a batch with no time left is released untried, which does not count as a delivery", async () => {
  const deps = await poisonable();
  const client = await testClient(deps, "late");
  await sendRequests(client, 5, 0);
  for (let round = 0; round < 3; round++) {
    const messages = await deps.queue.receive({ maxMessages: 10, waitMs: 0 });
    expect(messages.map(({ deliveries }) => deliveries)).toEqual([1, 1, 1, 1, 1]);
    const { batchItemFailures, untried } = await drainRecords(sqsEvent(messages), deps, Date.now() - 1);
    const ids = messages.map(({ id }) => id);
    expect(untried).toEqual(ids);
    expect(batchItemFailures).toEqual(ids.map((itemIdentifier) => ({ itemIdentifier })));
    await deps.queue.release(untried);
  }
  expect(await client.counts()).toMatchObject({ events: 0, accepted: 0 });
});

describe("the rate", () => {
  /** Requests per batch. */
  const REQUESTS = 60;
  const ROUNDS = 2;

  /** Returns the events stored or quarantined per second. */
  async function rate(client: TestClient, share: number): Promise<number> {
    await sendRequests(client, REQUESTS, share);
    const { deps } = client;
    const messages = await deps.queue.receive({ maxMessages: 200, waitMs: 0 });
    expect(messages).toHaveLength(REQUESTS);
    const start = performance.now();
    expect(await drain(messages, deps)).toEqual([]);
    const seconds = (performance.now() - start) / 1_000;
    await deps.queue.ack(messages.map(({ id }) => id));
    return (REQUESTS * PER_REQUEST) / seconds;
  }

  // Far below the measured rates (docs/decisions/0026), since other tests share the machine; narrowing by savepoints alone
  // reached a hundredth.
  it("with refused events does not fall far below the rate without", async () => {
    const deps = await poisonable();
    const client = await testClient(deps, "rates");
    const shares = [0.01, 0.1, 1];
    const rates: number[][] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const row: number[] = [];
      // The first batch after a refusal, and the first without one, are transitions and not measured.
      for (const share of [0, 0, 0.01, ...shares]) row.push(await rate(client, share));
      const [, clean = 0, , ...refused] = row;
      if (round > 0) rates.push(refused.map((one) => one / clean));
    }
    const best = shares.map((_, index) => Math.max(...rates.map((row) => row[index] ?? 0)));
    if (process.env.WEIR_FIGURES) console.log(rates.map((row) => row.map((one) => one.toFixed(2)).join(" ")));
    for (const [index, least] of [0.2, 0.1, 0.05].entries()) expect(best[index]).toBeGreaterThan(least);
  }, 180_000);
});
