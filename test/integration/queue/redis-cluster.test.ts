/** The complete path through the functions, with a cluster of three servers as Redis. */
import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { hashSecret, newSecret } from "../../../lib/base/ids.ts";
import { importKey } from "../../../lib/clients/keys.ts";
import * as contract from "../../../lib/events/contract.ts";
import { drainQueue } from "../../../lib/worker/drain-queue.ts";
import { freshDeps } from "../../support/faults.ts";
import { gatewayEvent } from "../../support/http/gateway.ts";
import { asker } from "../../support/http/reading.ts";
import {
  addClient,
  anEvent,
  context,
  counts,
  drainAll,
  send,
  stored,
  toAnswer,
} from "../../support/pipeline.ts";
import { clusterConfig, type RedisCluster, redisCluster } from "../../support/servers/redis-cluster.ts";

let cluster: RedisCluster;
let deps: Deps;
let adminKey: string;
vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps, getConnectedDeps: () => deps }));
const { handler: admin } = await import("../../../functions/admin.ts");
const { handler: health } = await import("../../../functions/health.ts");

beforeAll(async () => {
  cluster = await redisCluster();
  deps = freshDeps(await clusterConfig(cluster));
  adminKey = (await addClient(deps, "admin", { scopes: ["admin"] })).secret;
});

/** Calls the admin function. @param call method and route template */
async function ask(call: string, params: Record<string, string>, body?: object) {
  const [method = "", route = ""] = call.split(" ");
  const path = route.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? "");
  const headers = { "x-api-key": adminKey, "content-type": "application/json" };
  const sent = body && { body: JSON.stringify(body) };
  return toAnswer(await admin(gatewayEvent({ method, route, path, params, headers, ...sent }), context));
}

const status = async (secret: string): Promise<number> => (await send(deps, secret, anEvent())).status;
const batch = (size: number) => ({ events: Array.from({ length: size }, () => anEvent()) });

it("a cluster accepts, spreads, stores and counts the events of many clients", async () => {
  const clients = await Promise.all(Array.from({ length: 60 }, (_, n) => addClient(deps, `client-${n}`)));
  const receipts = await Promise.all(
    clients.map(async ({ secret }) => {
      const single = anEvent({ event_id: "single" });
      expect((await send(deps, secret, single)).body).toMatchObject({ accepted: 1, duplicates: 0 });
      expect((await send(deps, secret, single)).body).toMatchObject({ accepted: 0, duplicates: 1 });
      const other = anEvent({ event_id: "single", payload: { n: 2 } });
      expect(await send(deps, secret, other)).toMatchObject({
        status: 422,
        body: { errors: [{ code: "event-conflict" }] },
      });
      return (await send(deps, secret, batch(9))).body.receipt_id;
    }),
  );
  await cluster.expectSpread();
  const queues = await Promise.all(deps.shards.all.map(({ queue }) => deps.redis.xlen(queue)));
  expect(queues.filter((length) => length > 0).length).toBeGreaterThan(8);

  const operator = asker(deps, adminKey);
  expect((await operator(contract.getPipeline)).body).toMatchObject({
    accepted: 600,
    stored: 0,
    pending: 600,
    queue: { events: 600 },
  });
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
  expect((await operator(contract.getPipeline)).body).toMatchObject({
    accepted: 600,
    stored: 600,
    pending: 0,
    queue: { events: 0, dead_letters: 0 },
  });
  const notes = await Promise.all(deps.shards.all.map((shard) => deps.redis.hlen(shard.receipts)));
  expect(notes.every((left) => left === 0)).toBe(true);
  await cluster.expectSpread();
});

it("every answer is in the audit log, even to an unknown key", async () => {
  await drainAll(deps);
  await deps.sql`TRUNCATE audit_log`;
  const { secret } = await addClient(deps, "audited");
  const statuses = [await status(secret)];
  for (const nobody of [newSecret("audited"), newSecret("nobody"), "sk_unknown_to_everybody"])
    statuses.push(await status(nobody));
  expect(statuses).toEqual([202, 401, 401, 401]);
  await drainAll(deps);
  const rows = await deps.sql`SELECT status FROM audit_log ORDER BY status`;
  expect(rows.map((row) => row.status)).toEqual([202, 401, 401, 401]);
});

it("clients have rate limits, and a full shard refuses events", async () => {
  const slow = await addClient(deps, "slow", { rate: 1, burst: 5 });
  expect((await send(deps, slow.secret, batch(5))).status).toBe(202);
  expect(await send(deps, slow.secret, batch(5))).toMatchObject({
    status: 429,
    body: { code: "rate-limited" },
  });
  const small = freshDeps({ ...deps.config, queueMaxEvents: 160 });
  const { secret } = await addClient(deps, "full");
  await drainAll(deps);
  expect((await send(small, secret, batch(10))).status).toBe(202);
  const full = await send(small, secret, batch(1));
  expect(full).toMatchObject({ status: 503, body: { code: "queue-full" } });
  expect(Number(full.headers["retry-after"])).toBeGreaterThanOrEqual(1);
  await drainAll(deps);
  expect((await send(small, secret, batch(1))).status).toBe(202);
});

describe("from the next call on", () => {
  it("a revoked key is refused, and a new key is accepted", async () => {
    for (let n = 0; n < 10; n++) {
      const client_id = `revoked-${n}`;
      await ask("POST /v1/clients", {}, { client_id, name: client_id });
      const made = await ask("POST /v1/clients/{client_id}/keys", { client_id }, { scopes: ["ingest"] });
      const { secret, key_id } = made.body as unknown as { secret: string; key_id: string };
      expect(await status(secret)).toBe(202);
      const path = { client_id, key_id };
      expect((await ask("DELETE /v1/clients/{client_id}/keys/{key_id}", path)).status).toBe(204);
      expect(await status(secret)).toBe(401);
    }
  });

  it("a client is refused when switched off, and accepted again when switched on", async () => {
    for (let n = 0; n < 5; n++) {
      const { clientId: client_id, secret } = await addClient(deps, `off-${n}`);
      expect(await status(secret)).toBe(202);
      await ask("PATCH /v1/clients/{client_id}", { client_id }, { active: false });
      expect(await status(secret)).toBe(403);
      await ask("PATCH /v1/clients/{client_id}", { client_id }, { active: true });
      expect(await status(secret)).toBe(202);
    }
  });

  // Of eight clients some are almost certainly in another shard than their key's hash.
  it.each(["whose text names no client", "whose text names another client"])(
    "an imported key %s is accepted, and refused once revoked, used before or not",
    async (kind) => {
      const names = kind.endsWith("another client");
      let elsewhere = 0;
      for (let n = 0; n < 8; n++) {
        const client_id = `importer-${n}-${names}`;
        await addClient(deps, client_id);
        const text = (): string => (names ? newSecret(`stranger-${n}`) : `sk_live_${randomUUID()}`);
        const [used, unused] = [text(), text()];
        // A caller tries the key before it is imported.
        expect(await status(used)).toBe(401);
        const keys = [];
        for (const secret of [used, unused])
          keys.push(await importKey(deps, client_id, secret, { scopes: ["ingest"] }));
        expect([await status(used), await status(used)]).toEqual([202, 202]);
        for (const { key_id } of keys)
          await ask("DELETE /v1/clients/{client_id}/keys/{key_id}", { client_id, key_id });
        expect([await status(used), await status(unused)]).toEqual([401, 401]);

        const hash = hashSecret(unused).toString("base64url");
        const start = deps.shards.ofKey({ clientId: names ? `stranger-${n}` : "", hash });
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
  await deps.sql.unsafe(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'poisoned'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW
      WHEN (starts_with(NEW.event_id, 'poison')) EXECUTE FUNCTION refuse()`);
  const clients = await Promise.all(Array.from({ length: 10 }, (_, n) => addClient(deps, `poisoned-${n}`)));
  for (const { secret } of clients)
    await send(deps, secret, { events: [anEvent({ event_id: `poison-${randomUUID()}` }), anEvent()] });
  await drainAll(deps);
  await deps.sql`DROP TRIGGER refuse ON events`;
  const answer = await ask("POST /v1/quarantine/redrive", {}, {});
  expect(answer).toMatchObject({ status: 202, body: { redriven: 10 } });
  await drainAll(deps);
  for (const { clientId } of clients) expect(await counts(deps, clientId)).toMatchObject(stored(2));
  expect(await deps.queue.depth()).toMatchObject({ messages: 0, events: 0, deadLetters: 0 });
});

it("a healthy cluster is up, and an unreachable one is reported as down in time", async () => {
  const look = async () =>
    toAnswer(
      (await health(gatewayEvent({ method: "GET", route: "/health" }), context)) as { statusCode: number },
    );
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
