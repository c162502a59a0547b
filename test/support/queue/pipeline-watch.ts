/** A system with its own Redis and one client, whose GET /v1/pipeline is read while something else runs. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Config } from "../../../lib/config/config.ts";
import { startRedis } from "../../../local/redis.ts";
import { testClient } from "../client.ts";
import { freshDeps, ownServer, readPipeline, someEvents } from "../faults.ts";
import { drainAll } from "../pipeline.ts";
import { lockTable } from "../servers/lock.ts";
import { queueConfig } from "./queues.ts";

interface Totals {
  accepted: number;
  stored: number;
  duplicates: number;
  quarantined: number;
  pending: number;
  queue: { messages: number; events: number; oldest_age_ms: number; dead_letters: number };
}

type SomeTotals = Partial<Omit<Totals, "queue">> & { queue?: Partial<Totals["queue"]> };

export async function watchedPipeline(queue: Config["queue"]) {
  const redis = await ownServer(startRedis, { appendfsync: "always" });
  const deps = freshDeps(await queueConfig(queue, { redisUrl: redis.url, queueVisibilitySeconds: 1 }));
  const client = await testClient(deps, "watched");

  /** Reads the pipeline once, and expects its sum to hold. Waits for Redis if it has just been started. */
  const look = async (): Promise<Totals> => {
    let answer = await readPipeline(deps, client.secret);
    for (let attempt = 0; answer.status === 503 && attempt < 50; attempt++) {
      await sleep(50);
      answer = await readPipeline(deps, client.secret);
    }
    expect(answer.status).toBe(200);
    const totals = answer.body as unknown as Totals;
    const { accepted, stored, duplicates, quarantined, pending } = totals;
    expect(accepted).toBe(stored + duplicates + quarantined + pending);
    return totals;
  };

  /** Reads the pipeline several times, and expects these totals each time. */
  const expectTotals = async (totals: SomeTotals): Promise<void> => {
    for (let looks = 0; looks < 5; looks++) expect(await look()).toMatchObject(totals);
  };

  const pollPending = (work = async () => {}) =>
    expect.poll(
      async () => {
        await work();
        return (await look()).pending;
      },
      { timeout: 45_000 },
    );

  /** Expects that all events were stored once, unless `others` says so, and that nothing is pending. */
  const expectSettled = (events: number, others: SomeTotals = {}): Promise<void> =>
    expectTotals({ accepted: events, stored: events, pending: 0, queue: { events: 0 }, ...others });

  const take = async (events: number): Promise<void> =>
    expect(await client.accept(someEvents(events))).toMatchObject({ accepted: events });

  return {
    redis,
    deps,
    client,
    look,
    expectTotals,
    pollPending,
    expectSettled,
    take,
    /** Takes events and settles them. */
    store: async (events: number): Promise<void> => {
      await take(events);
      await drainAll(deps);
    },
    receive: (maxMessages = 10) => deps.queue.receive({ maxMessages, waitMs: 1_000 }),
    /** Works until nothing is pending, and expects that all events were stored once. */
    settle: async (events: number): Promise<void> => {
      await pollPending(async () => void (await drainAll(deps))).toBe(0);
      await expectSettled(events);
      await client.expectTidy();
    },
    /** Works until the queue is empty. */
    workOff: async (): Promise<void> => {
      const work = async (): Promise<number> => {
        await drainAll(deps);
        return (await deps.queue.depth()).messages;
      };
      await expect.poll(work, { timeout: 45_000 }).toBe(0);
    },
    /**
     * Watches while a worker settles the `waiting` events, blocked by a table lock for most of the time.
     * @param sent events that the client has sent so far, including those waiting
     */
    watchWorker: async ({ waiting, sent }: { waiting: number; sent: number }): Promise<void> => {
      const unlock = await lockTable(deps, "event_ledger");
      let stop = false;
      const worker = (async () => {
        // Messages may be invisible for a while.
        for (; !stop; await sleep(20)) await drainAll(deps);
      })();
      for (let looks = 0; looks < 10; looks++)
        expect(await look()).toMatchObject({ accepted: sent, pending: waiting });
      await unlock();
      const pendingNow = async (): Promise<number> => {
        const { accepted, pending } = await look();
        expect(accepted).toBe(sent);
        expect(pending).toBeLessThanOrEqual(waiting);
        return pending;
      };
      await expect.poll(pendingNow, { timeout: 45_000, interval: 0 }).toBe(0);
      stop = true;
      await worker;
      await expectSettled(sent);
    },
  };
}

export type WatchedPipeline = Awaited<ReturnType<typeof watchedPipeline>>;
