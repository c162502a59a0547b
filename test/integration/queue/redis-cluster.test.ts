/** The complete path through the functions, with a cluster of three servers as Redis. */
import { randomUUID } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { hashSecret, newSecret } from "../../../lib/base/ids.ts";
import { importKey } from "../../../lib/clients/keys.ts";
import * as contract from "../../../lib/events/contract.ts";
import { drainQueue } from "../../../lib/worker/drain-queue.ts";
import { refuseEvents } from "../../support/erasures.ts";
import { expectUnavailable, freshDeps, someEvents } from "../../support/faults.ts";
import { adminApi } from "../../support/http/admin-api.ts";
import { gatewayEvent } from "../../support/http/gateway.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { asker } from "../../support/http/reading.ts";
import {
  addClient,
  anEvent,
  context,
  counts,
  drainAll,
  send,
  sendAndStore,
  stored,
  toAnswer,
} from "../../support/pipeline.ts";
import { clusterConfig, redisCluster } from "../../support/servers/redis-cluster.ts";

const cluster = await redisCluster();
let deps = freshDeps(await clusterConfig(cluster));
const adminKey = (await addClient(deps, "admin", { scopes: ["admin"] })).secret;
vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps, getConnectedDeps: () => deps }));
const { handler: admin } = await import("../../../functions/admin.ts");
const { handler: health } = await import("../../../functions/health.ts");
const { ask, newClient, newKey, change, revoke, statusOf } = adminApi(admin, deps, adminKey);

it("a cluster accepts, spreads, stores and counts the events of many clients", async () => {
  const clients = await Promise.all(Array.from({ length: 60 }, (_, n) => addClient(deps, `client-${n}`)));
  const receipts: string[] = [];
  for (const { secret } of clients) {
    const single = anEvent({ event_id: "single" });
    expect((await send(deps, secret, single)).body).toMatchObject({ accepted: 1, duplicates: 0 });
    expect((await send(deps, secret, single)).body).toMatchObject({ accepted: 0, duplicates: 1 });
    const other = anEvent({ event_id: "single", payload: { n: 2 } });
    const conflict = { status: 422, body: { errors: [{ code: "event-conflict" }] } };
    expect(await send(deps, secret, other)).toMatchObject(conflict);
    receipts.push((await send(deps, secret, someEvents(9))).body.receipt_id);
  }
  await cluster.expectSpread();
  const queues = await Promise.all(deps.shards.all.map(({ queue }) => deps.redis.xlen(queue)));
  expect(queues.filter((length) => length > 0).length).toBeGreaterThan(8);

  const operator = asker(deps, adminKey);
  const queued = { accepted: 600, stored: 0, pending: 600, queue: { events: 600 } };
  expect((await operator(contract.getPipeline)).body).toMatchObject(queued);
  const [first, second] = clients as [(typeof clients)[0], (typeof clients)[0]];
  const own = asker(deps, first.secret);
  const params = { receipt_id: receipts[0] ?? "" };
  const waiting = { accepted: 9, stored: 0, pending: 9 };
  expect((await own(contract.getReceipt, { params })).body).toMatchObject(waiting);
  expect((await operator(contract.getReceipt, { params })).body).toMatchObject(waiting);
  expect((await asker(deps, second.secret)(contract.getReceipt, { params })).status).toBe(404);
  expect((await own(contract.getPipeline)).body).toMatchObject({ accepted: 10, pending: 10 });

  await drainQueue(deps, { endsAt: Date.now() + 3_000 });
  await drainAll(deps);
  for (const { clientId } of clients)
    expect(await counts(deps, clientId)).toMatchObject(stored(10, { accepted: 10 }));
  expect((await own(contract.getReceipt, { params })).body).toMatchObject({ stored: 9, pending: 0 });
  const done = { accepted: 600, stored: 600, pending: 0, queue: { events: 0, dead_letters: 0 } };
  expect((await operator(contract.getPipeline)).body).toMatchObject(done);
  const notes = await Promise.all(deps.shards.all.map((shard) => deps.redis.hlen(shard.receipts)));
  expect(notes.every((left) => left === 0)).toBe(true);
  await cluster.expectSpread();
});

it("every answer is in the audit log, even to an unknown key", async () => {
  await drainAll(deps);
  await deps.sql`TRUNCATE audit_log`;
  const { secret } = await addClient(deps, "audited");
  const statuses = [await statusOf(secret)];
  for (const unknown of [newSecret("audited"), newSecret("nobody"), "sk_unknown_to_everybody"])
    statuses.push(await statusOf(unknown));
  expect(statuses).toEqual([202, 401, 401, 401]);
  await drainAll(deps);
  const rows = await deps.sql`SELECT status FROM audit_log ORDER BY status`;
  expect(rows.map((row) => row.status)).toEqual([202, 401, 401, 401]);
});

it("clients have rate limits, and a full shard refuses events", async () => {
  const slow = await addClient(deps, "slow", { rate: 1, burst: 5 });
  expect((await send(deps, slow.secret, someEvents(5))).status).toBe(202);
  expectProblem(await send(deps, slow.secret, someEvents(5)), 429, "rate-limited");
  const small = freshDeps({ ...deps.config, queueMaxEvents: 160 });
  const { secret } = await addClient(deps, "full");
  await drainAll(deps);
  expect((await send(small, secret, someEvents(10))).status).toBe(202);
  expectUnavailable(await send(small, secret, someEvents(1)), "queue-full");
  await drainAll(deps);
  expect((await send(small, secret, someEvents(1))).status).toBe(202);
});

describe("from the next call on", () => {
  it("a revoked key is refused, and a new key is accepted", async () => {
    for (let n = 0; n < 10; n++) {
      const client_id = `revoked-${n}`;
      await newClient(client_id);
      const { secret, id } = await newKey(client_id);
      expect(await statusOf(secret)).toBe(202);
      expect((await revoke(client_id, id)).status).toBe(204);
      expect(await statusOf(secret)).toBe(401);
    }
  });

  it("a client is refused when switched off, and accepted again when switched on", async () => {
    for (let n = 0; n < 5; n++) {
      const { clientId, secret } = await addClient(deps, `off-${n}`);
      expect(await statusOf(secret)).toBe(202);
      await change(clientId, { active: false });
      expect(await statusOf(secret)).toBe(403);
      await change(clientId, { active: true });
      expect(await statusOf(secret)).toBe(202);
    }
  });

  // Of eight clients some are almost certainly in another shard than their key's hash.
  it.each([
    ["no client", false],
    ["another client", true],
  ])(
    "an imported key whose text names %s is accepted, and refused once revoked, used before or not",
    async (_, names) => {
      let elsewhere = 0;
      for (let n = 0; n < 8; n++) {
        const client_id = `importer-${n}-${names}`;
        await addClient(deps, client_id);
        const text = (): string => (names ? newSecret(`named-${n}`) : `sk_live_${randomUUID()}`);
        const [used, unused] = [text(), text()];
        // A caller tries the key before it is imported.
        expect(await statusOf(used)).toBe(401);
        const keys = [];
        for (const secret of [used, unused])
          keys.push(await importKey(deps, client_id, secret, { scopes: ["ingest"] }));
        expect([await statusOf(used), await statusOf(used)]).toEqual([202, 202]);
        for (const { key_id } of keys) await revoke(client_id, key_id);
        expect([await statusOf(used), await statusOf(unused)]).toEqual([401, 401]);

        const hash = hashSecret(unused).toString("base64url");
        const start = deps.shards.ofKey({ clientId: names ? `named-${n}` : "", hash });
        if ((await deps.redis.hget(start.apiKey(hash), "state")) === "elsewhere") elsewhere++;
        await drainAll(deps);
        expect(await counts(deps, client_id)).toMatchObject(stored(2));
      }
      expect(elsewhere).toBeGreaterThan(0);
      // Each client's counts are in one shard only, or the totals would be too high.
      expect((await asker(deps, adminKey)(contract.getPipeline)).body.pending).toBe(0);
    },
  );
});

it("a redrive queues each quarantined event once", async () => {
  await refuseEvents(deps);
  const clients = await Promise.all(Array.from({ length: 10 }, (_, n) => addClient(deps, `poisoned-${n}`)));
  for (const { secret } of clients)
    await sendAndStore(deps, secret, {
      events: [anEvent({ event_id: `poison-${randomUUID()}` }), anEvent()],
    });
  await deps.sql`DROP TRIGGER refuse ON events`;
  const answer = await ask("POST /v1/quarantine/redrive", { body: {} });
  expect(answer).toMatchObject({ status: 202, body: { redriven: 10 } });
  await drainAll(deps);
  for (const { clientId } of clients) expect(await counts(deps, clientId)).toMatchObject(stored(2));
  expect(await deps.queue.depth()).toMatchObject({ messages: 0, events: 0, deadLetters: 0 });
});

it("a healthy cluster is up, and an unreachable one is reported as down in time", async () => {
  const request = gatewayEvent({ method: "GET", route: "/health" });
  const look = async () => toAnswer((await health(request, context)) as { statusCode: number });
  expect(await look()).toMatchObject({ status: 200, body: { checks: { redis: { status: "up" } } } });
  const reachable = deps;
  deps = freshDeps({ ...deps.config, redisUrl: "redis://127.0.0.1:1,redis://127.0.0.1:2" });
  const down = { status: 503, body: { checks: { redis: { status: "down" }, queue: { status: "down" } } } };
  expect(await look()).toMatchObject(down);
  const { secret } = await addClient(deps, "unreachable");
  expect(await send(deps, secret, anEvent())).toMatchObject({ status: 503 });
  deps = reachable;
  await cluster.expectSpread();
});
