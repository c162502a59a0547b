/** Ingest needs Redis with either queue: with SQS it holds keys, rate limits, seen ids and the in-flight index. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import type { Config } from "../../lib/config/config.ts";
import { startRedis } from "../../local/redis.ts";
import { testClient } from "../support/client.ts";
import {
  expectUnavailable,
  freshDeps,
  type OwnServer,
  ownServer,
  someEvents,
  workOnce,
  workUntilEmpty,
} from "../support/faults.ts";
import { type Answer, anEvent, markedAsSeen } from "../support/pipeline.ts";
import { QUEUES, queueConfig } from "../support/queue/queues.ts";

let redis: OwnServer;
let config: Config;
let deps: Deps;

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  beforeAll(async () => {
    redis = await ownServer(startRedis);
    config = await queueConfig(queue, { redisUrl: redis.url, queueVisibilitySeconds: 1 });
    deps = freshDeps(config);
  });

  describe("when Redis is unreachable", () => {
    it("a request gets 503 in time and is never accepted; its retry counts once", async () => {
      const client = await testClient(deps, "away");
      await client.send(anEvent());
      const batch = someEvents(3);
      await redis.stop();
      expectUnavailable(await client.send(batch), "queue-unavailable");
      const answers = await Promise.all(Array.from({ length: 20 }, () => client.send(batch)));
      for (const answer of answers) expectUnavailable(answer, "queue-unavailable");
      await redis.start();
      expect(await client.accept(batch)).toMatchObject({ accepted: 3, duplicates: 0 });
      await workUntilEmpty(deps);
      await client.expectStoredOnce(4);
    });

    it("twice while clients send, each event is stored once", async () => {
      const client = await testClient(deps, "stream");
      let sending = true;
      let sent = 0;
      const sender = async (): Promise<void> => {
        while (sending) {
          sent += 5;
          await client.accept(someEvents(5));
        }
      };
      const worker = async (): Promise<void> => {
        while (sending) await workOnce(deps, 3).catch(() => {});
      };
      const all = Promise.all([sender(), sender(), sender(), worker(), worker()]);
      for (let round = 1; round <= 2; round++) {
        const before = sent;
        await expect.poll(() => sent, { timeout: 45_000 }).toBeGreaterThan(before + 100);
        await redis.stop();
        await redis.start();
      }
      sending = false;
      await all;
      await workUntilEmpty(deps);
      await client.expectStoredOnce(sent);
      // With SQS, a request whose admission got no reply counts until its withdrawal has been repeated.
      const totals = async () => await client.pipeline();
      await expect
        .poll(totals, { timeout: 45_000 })
        .toMatchObject({ stored: sent, quarantined: 0, pending: 0 });
      const { accepted, duplicates } = await totals();
      expect(accepted).toBe(sent + duplicates);
    });
  });

  describe("when Redis comes back empty after the queue was drained", () => {
    it.each([
      ["flushed", async () => void (await deps.redis.flushall())],
      [
        "on a new disk",
        async () => {
          await redis.stop();
          await redis.startEmpty();
        },
      ],
    ])("(%s), nothing counts twice", async (name, empty) => {
      const client = await testClient(deps, `empty-${name.replaceAll(" ", "-")}`);
      const batch = someEvents(10);
      const first = await client.send(batch);
      await workUntilEmpty(deps);
      await empty();
      // The key is read from PostgreSQL again, the ids are forgotten, the group is gone.
      const again = await client.accept({ events: [...batch.events, anEvent()] });
      expect(again).toMatchObject({ accepted: 11, duplicates: 0 });
      expect(await client.pipeline()).toMatchObject({ accepted: 21, stored: 10, pending: 11 });
      expect(await client.receipt(again.receipt_id)).toMatchObject({ accepted: 11, pending: 11 });
      await workUntilEmpty(deps);
      await client.expectStoredOnce(11);
      expect(await client.pipeline()).toMatchObject({
        accepted: 21,
        stored: 11,
        duplicates: 10,
        quarantined: 0,
        pending: 0,
      });
      for (const [id, counted] of [
        [first.body.receipt_id, { accepted: 10, stored: 10, duplicates: 0, pending: 0 }],
        [again.receipt_id, { accepted: 11, stored: 1, duplicates: 10, pending: 0 }],
      ] as const)
        expect(await client.receipt(id)).toMatchObject(counted);
    });

    it("a key that was revoked meanwhile is still refused", async () => {
      const client = await testClient(deps, "revoked-meanwhile");
      expect((await client.send(anEvent())).status).toBe(202);
      await workUntilEmpty(deps);
      await deps.sql`UPDATE api_keys SET revoked_at = now() WHERE client_id = ${client.clientId}`;
      await deps.redis.flushall();
      expect(await client.send(anEvent())).toMatchObject({ status: 401, body: { code: "revoked-api-key" } });
    });
  });

  describe("when the queue is at its limit", () => {
    it("a request that exceeds it is refused entirely, not charged, and accepted once there is room", async () => {
      const small = freshDeps({ ...config, queueMaxEvents: 10 });
      const client = await testClient(deps, "full", { rate: 1, burst: 1_000 });
      const first = someEvents(8);
      expect((await client.send(first, small)).status).toBe(202);
      const batch = someEvents(3);
      const left = (answer: Answer): number => Number(/r=(\d+)/.exec(String(answer.headers.ratelimit))?.[1]);
      const answers = [await client.send(batch, small), await client.send(batch, small)];
      for (const answer of answers) expectUnavailable(answer, "queue-full");
      expect(left(answers[1] as Answer)).toBeGreaterThanOrEqual(992);
      expect(await markedAsSeen(deps, client.clientId)).toEqual(
        first.events.map(({ event_id }) => `=${event_id}`).sort(),
      );
      expect((await deps.queue.depth()).events).toBe(8);
      // A request that adds nothing to the queue, or just fits, is accepted.
      expect((await client.send(first, small)).body).toMatchObject({ duplicates: 8 });
      expect((await client.send(someEvents(2), small)).status).toBe(202);
      await workUntilEmpty(deps);
      expect((await client.send(batch, small)).body).toMatchObject({ accepted: 3, duplicates: 0 });
      await workUntilEmpty(deps);
      await client.expectStoredOnce(13);
      const rows =
        await deps.sql`SELECT status FROM audit_log WHERE client_id = ${client.clientId} ORDER BY request_id`;
      expect(rows.map(({ status }) => status)).toEqual([202, 503, 503, 202, 202, 202]);
    });
  });
});
