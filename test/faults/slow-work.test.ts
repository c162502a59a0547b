/** Work that takes longer than the visibility timeout: no other reader gets its messages, and none becomes a dead letter. */
import { describe, expect, it } from "vitest";
import { createQueue, type Deps } from "../../lib/app/connect.ts";
import type { Config } from "../../lib/config/config.ts";
import { drainQueue } from "../../lib/worker/drain-queue.ts";
import { drainRecords } from "../../lib/worker/drain-records.ts";
import { startEventSource } from "../../local/event-source.ts";
import { type TestClient, testClient } from "../support/client.ts";
import { freshDeps } from "../support/faults.ts";
import { anEvent } from "../support/pipeline.ts";
import { take } from "../support/queue/queue-steps.ts";
import { QUEUES, queueConfig } from "../support/queue/queues.ts";

/** The fewest deliveries and the shortest timeout possible; the timeout is several times as long as one transaction here. */
const BRIEF = { queueVisibilitySeconds: 4, queueMaxDeliveries: 2 };
const MESSAGES = 24;
/** Large enough that a reader takes several batches at once. */
const PAYLOAD = { text: "x".repeat(600_000) };

/** @param seconds by which each transaction is delayed */
async function slowDeps(
  queue: Config["queue"],
  seconds: number,
  settings: Partial<Config> = BRIEF,
): Promise<Deps> {
  const deps = freshDeps(await queueConfig(queue, settings));
  await deps.sql.unsafe(`
    CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(${seconds}); RETURN NULL; END $$;
    CREATE TRIGGER dawdle AFTER INSERT ON receipts EXECUTE FUNCTION dawdle()`);
  return deps;
}

async function sendLarge(client: TestClient): Promise<void> {
  for (let n = 0; n < MESSAGES; n++)
    expect((await client.send(anEvent({ payload: PAYLOAD }))).status).toBe(202);
}

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  it("a slow reader of the event source keeps its messages while other readers are idle", async () => {
    const deps = await slowDeps(queue, 2.4);
    const client = await testClient(deps, "slow");
    await sendLarge(client);
    const given: string[] = [];
    const start = (pollers: number) =>
      startEventSource({
        createQueue: () => createQueue(deps.redis, deps.shards, deps.config),
        invoke: (event) => {
          given.push(...event.Records.map(({ messageId }) => messageId));
          return drainRecords(event, deps, Date.now() + 30_000);
        },
        log: () => {},
        pollers,
      });
    const slow = start(1);
    // Wait until it has them, so that the others find nothing.
    await expect.poll(() => given.length, { timeout: 45_000 }).toBeGreaterThan(0);
    const idle = start(3);
    await expect
      .poll(async () => (await client.counts())?.events, { timeout: 60_000, interval: 200 })
      .toBe(MESSAGES);
    await Promise.all([slow.stop(), idle.stop()]);
    await client.expectStored(MESSAGES);
    expect(await deps.queue.depth()).toMatchObject({ messages: 0, events: 0, deadLetters: 0 });
    // Each about once: a machine under load may stop a process for longer than the timeout.
    expect(given.length).toBeLessThan(1.5 * new Set(given).size);
  }, 120_000);
});

it("a drain that runs out of time releases untried messages, and the next drain continues", async () => {
  const deps = await slowDeps("redis", 0.5, { queueVisibilitySeconds: 600 });
  const client = await testClient(deps, "brief");
  await sendLarge(client);
  const waiting = async (): Promise<number> => (await deps.queue.depth()).messages;
  for (let run = 0; (await waiting()) > 0 && run < 100; run++) {
    // Enough for a batch or two of those that it reads at once. It fails if its last batch had too little time.
    const limits = { endsAt: Date.now() + 500, graceMs: 2_000, maxBytes: 2_000_000 };
    await drainQueue(deps, limits).catch(() => {});
    const again = await take(deps.queue, await waiting());
    expect(again.every(({ deliveries }) => deliveries === 1)).toBe(true);
    await deps.queue.release(again.map(({ id }) => id));
  }
  await client.expectStored(MESSAGES);
  expect(await deps.queue.depth()).toMatchObject({ messages: 0, deadLetters: 0 });
}, 180_000);
