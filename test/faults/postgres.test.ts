import postgres from "postgres";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import { newSecret } from "../../lib/base/ids.ts";
import type { Config } from "../../lib/config/config.ts";
import { migrate } from "../../lib/postgres/migrate.ts";
import { ensurePartitions } from "../../lib/storage/partitions.ts";
import { startPostgres } from "../../local/postgres.ts";
import { type TestClient, testClient } from "../support/client.ts";
import {
  expectUnavailable,
  freshDeps,
  type OwnServer,
  ownServer,
  someEvents,
  workOnce,
  workUntilEmpty,
} from "../support/faults.ts";
import { addSource, deliver } from "../support/http/webhooks.ts";
import { anEvent, counts, send } from "../support/pipeline.ts";
import { QUEUES, queueConfig } from "../support/queue/queues.ts";
import { standardDelivery } from "../support/webhooks/senders.ts";

/** More than the deliveries that Redis allows before a message is a dead letter; SQS delays it longer each time. */
const ROUNDS = { redis: 8, sqs: 2 };
const MAX_CONNECTIONS = 20;

let server: OwnServer;
let config: Config;
let deps: Deps;

/** Adds a client whose key Redis has cached. */
async function knownClient(name: string): Promise<TestClient> {
  const client = await testClient(deps, name);
  expect((await client.send(anEvent())).status).toBe(202);
  await workUntilEmpty(deps);
  return client;
}

/** Expects the worker to fail repeatedly while every event stays in the queue. */
async function expectWorkerToFail(worker: Deps, events: number, pattern: RegExp): Promise<void> {
  const work = async (): Promise<string> => String(await workOnce(worker));
  for (let round = 0; round < ROUNDS[config.queue]; round++)
    await expect.poll(work, { timeout: 45_000, interval: 50 }).toMatch(pattern);
  const drainPerSecond = expect.any(Number);
  expect(await deps.queue.depth()).toMatchObject({ events, deadLetters: 0, drainPerSecond });
}

async function expectAllStored(client: TestClient, events: number): Promise<void> {
  await workUntilEmpty(deps);
  await client.expectStoredOnce(events);
  const totals = await client.pipeline();
  expect(totals).toMatchObject({ stored: events, quarantined: 0, pending: 0 });
  expect(totals.accepted).toBe(events + totals.duplicates);
}

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  beforeAll(async () => {
    server = await ownServer(startPostgres, { fsync: "off", max_connections: String(MAX_CONNECTIONS) });
    await migrate(server.url);
    config = await queueConfig(queue, {
      databaseUrl: server.url,
      databasePoolSize: 3,
      // SQS counts a delivery whatever its outcome.
      queueMaxDeliveries: queue === "redis" ? 3 : 100,
    });
    deps = freshDeps(config);
    await ensurePartitions(deps.sql, { retentionDays: 30, auditRetentionDays: 30 });
  });

  describe("when PostgreSQL is unreachable", () => {
    it("events are still accepted, wait in the queue, and are stored once it is back", async () => {
      const client = await knownClient("away");
      await server.stop();
      for (let n = 0; n < 4; n++) expect((await client.send(someEvents(5))).status).toBe(202);
      await expectWorkerToFail(deps, 20, /CONN|ECONN/);
      await server.start();
      await expectAllStored(client, 21);
    });

    it("a key that is not cached is neither accepted nor called unknown, but gets 503 in time", async () => {
      const client = await testClient(deps, "not-cached");
      const unknownKey = newSecret("unknownKey");
      await server.stop();
      for (let round = 0; round < 6; round++)
        for (const key of [client.secret, unknownKey]) {
          const answer = await send(deps, key, anEvent());
          expect(answer).toMatchObject({ status: 503, body: { code: "database-unavailable" } });
          expect(answer.headers["retry-after"]).toMatch(/^[1-9]\d*$/);
        }
      await server.start();
      await client.accept(anEvent());
      expect(await send(deps, unknownKey, anEvent())).toMatchObject({
        status: 401,
        body: { code: "invalid-api-key" },
      });
      await expectAllStored(client, 1);
    });

    it("webhooks of a source that is cached are accepted, and those of any other get 503", async () => {
      const { secret } = await addSource(deps, "hooked", "standard");
      const other = await addSource(deps, "hooked-cold", "standard");
      await deps.redis.del(deps.shards.of("hooked-cold").webhookSource("hooked-cold"));
      await server.stop();
      // Neither the source nor its key has been used before.
      const taken = await deliver(deps, "hooked", standardDelivery(secret, { type: "a" }));
      expect(taken).toMatchObject({ status: 202, body: { accepted: 1 } });
      const forged = await deliver(deps, "hooked", standardDelivery(other.secret, { type: "a" }));
      expect(forged.status).toBe(401);
      for (const [source, key] of [["hooked-cold", other.secret], ["hooked-unknown", secret]] as const) // biome-ignore format: one line
        expectUnavailable(
          await deliver(deps, source, standardDelivery(key, { type: "a" })),
          "database-unavailable",
        );
      await server.start();
      const later = await deliver(deps, "hooked-cold", standardDelivery(other.secret, { type: "a" }));
      expect(later.status).toBe(202);
      await workUntilEmpty(deps);
      for (const client of ["hooked", "hooked-cold"])
        expect(await counts(deps, client)).toMatchObject({ events: 1, quarantine: 0 });
    });

    it.each([
      ["stopped", () => server.stop()],
      ["killed", () => server.crash()],
    ])("for a moment while clients send (%s), each event is stored once", async (name, end) => {
      const client = await knownClient(`stream-${name}`);
      let sending = true;
      let sent = 1;
      let settled = 0;
      const sender = async (): Promise<void> => {
        while (sending) {
          expect((await client.send(someEvents(5))).status).toBe(202);
          sent += 5;
        }
      };
      const worker = async (): Promise<void> => {
        while (sending) if ((await workOnce(deps, 3)) === undefined) settled++;
      };
      const all = Promise.all([sender(), worker(), worker(), worker()]);
      for (let round = 0; round < 2; round++) {
        const before = settled;
        await expect.poll(() => settled, { timeout: 45_000 }).toBeGreaterThan(before + 20);
        await end();
        await server.start();
      }
      sending = false;
      await all;
      await expectAllStored(client, sent);
    });
  });

  describe("when PostgreSQL has no connection left", () => {
    it("events are accepted, wait, and are stored once there is one", async () => {
      const client = await knownClient("crowded");
      const uncached = await testClient(deps, "crowded-uncached");
      const hogs: postgres.Sql[] = [];
      for (let error: unknown; error === undefined; ) {
        expect(hogs.length).toBeLessThanOrEqual(MAX_CONNECTIONS);
        const hog = postgres(server.url, { max: 1 });
        hogs.push(hog);
        error = await hog`SELECT 1`.then(
          () => undefined,
          (reason: unknown) => reason,
        );
      }
      const crowded = freshDeps(config);
      for (let n = 0; n < 3; n++) expect((await client.send(someEvents(5), crowded)).status).toBe(202);
      expect(await uncached.send(anEvent(), crowded)).toMatchObject({
        status: 503,
        body: { code: "database-unavailable" },
      });
      await expectWorkerToFail(crowded, 15, /too many clients|remaining connection slots/);
      for (const hog of hogs) await hog.end();
      await workUntilEmpty(crowded);
      await expectAllStored(client, 16);
    });
  });

  describe("when PostgreSQL is read-only", () => {
    it("the worker fails without losing events or making dead letters, and stores them afterwards", async () => {
      const client = await knownClient("read-only");
      const { sql } = deps;
      const setReadOnly = async (state: "on" | "off"): Promise<void> => {
        await sql.unsafe(`ALTER SYSTEM SET default_transaction_read_only = ${state}`);
        await sql`SELECT pg_reload_conf()`;
        const readOnly = async () => (await sql`SHOW default_transaction_read_only`)[0];
        await expect.poll(readOnly, { timeout: 45_000 }).toEqual({ default_transaction_read_only: state });
      };
      await setReadOnly("on");
      for (let n = 0; n < 3; n++) expect((await client.send(someEvents(5))).status).toBe(202);
      await expectWorkerToFail(deps, 15, /read-only transaction/);
      await setReadOnly("off");
      await expectAllStored(client, 16);
    });
  });
});
