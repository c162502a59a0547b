import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { closeDeps, createDeps, type Deps } from "../../../lib/app/connect.ts";
import * as contract from "../../../lib/events/contract.ts";
import { type Ask, asker } from "../../support/http/reading.ts";
import { addClient, anEvent, drainAll, send } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

let deps: Deps;
let admin: Ask;
let acme: Ask;
let beta: Ask;
let secret: string;
let betaSecret: string;

beforeAll(async () => {
  deps = await testDeps();
  admin = asker(deps, (await addClient(deps, "boss", { scopes: ["admin"] })).secret);
  secret = (await addClient(deps, "acme")).secret;
  betaSecret = (await addClient(deps, "beta")).secret;
  acme = asker(deps, secret);
  beta = asker(deps, betaSecret);
});

const receipt = (ask: Ask, receipt_id: string) => ask(contract.getReceipt, { params: { receipt_id } });

const settle = (id: string) => deps.sql`
  INSERT INTO receipts (receipt_id, client_id, received_at, accepted, stored, duplicates, quarantined)
  VALUES (${id}, 'acme', now(), 3, 1, 1, 1)`;

describe("GET /v1/receipts/{receipt_id}", () => {
  test("is pending while the message waits, and then complete", async () => {
    const sent = await send(deps, secret, { events: [anEvent(), anEvent()] });
    const id = sent.body.receipt_id;
    const pending = await receipt(acme, id);
    expect(pending.body).toMatchObject({
      receipt_id: id,
      accepted: 2,
      stored: 0,
      pending: 2,
      completed_at: null,
    });

    await drainAll(deps);
    const settled = await receipt(acme, id);
    expect(settled.body).toMatchObject({ accepted: 2, stored: 2, duplicates: 0, quarantined: 0, pending: 0 });
    expect(settled.body.completed_at).not.toBeNull();
    expect(settled.body.received_at).toBe(pending.body.received_at);
  });

  test("prefers the receipt in PostgreSQL to one left in Redis", async () => {
    const id = randomUUID();
    await deps.redis.hset(deps.shards.first.receipts, id, `acme 3 ${Date.now()}`);
    await settle(id);
    expect((await receipt(acme, id)).body).toMatchObject({
      pending: 0,
      stored: 1,
      duplicates: 1,
      quarantined: 1,
    });
  });

  test("finds a receipt that moves to PostgreSQL between the two lookups", async () => {
    const id = randomUUID();
    const redis = new Proxy(deps.redis, {
      get: (target, name) =>
        name === "hget"
          ? async (): Promise<null> => {
              await settle(id);
              return null;
            }
          : Reflect.get(target, name, target),
    });
    expect((await receipt(asker({ ...deps, redis }, secret), id)).body).toMatchObject({
      accepted: 3,
      pending: 0,
    });
  });

  test("answers only its own client and admin keys", async () => {
    const waiting = (await send(deps, secret, anEvent())).body.receipt_id;
    const settled = randomUUID();
    await settle(settled);
    for (const id of [waiting, settled]) {
      const refused = await receipt(beta, id);
      expect([refused.status, refused.body.code]).toEqual([404, "not-found"]);
      expect((await receipt(admin, id)).status).toBe(200);
    }
  });

  test.each(["x", "00000000-0000-0000-0000-000000000000", "'; DROP TABLE receipts", "ABCDEF"])(
    "answers 404 for %j",
    async (id) => {
      const { status, body } = await receipt(acme, id);
      expect([status, body.code]).toEqual([404, "not-found"]);
    },
  );

  test("returns a complete receipt when Redis is unreachable, and 503 for any other", async () => {
    const away = createDeps({ ...deps.config, redisUrl: "redis://127.0.0.1:1" });
    const id = randomUUID();
    await settle(id);
    const ask = asker(away, secret);
    expect((await receipt(ask, id)).status).toBe(200);
    const { status, body, headers } = await receipt(ask, randomUUID());
    await closeDeps(away);
    expect([status, body.code]).toEqual([503, "queue-unavailable"]);
    expect(Number(headers["retry-after"])).toBeGreaterThanOrEqual(1);
  });
});

describe("GET /v1/pipeline", () => {
  const pipeline = async (ask: Ask, query: Record<string, string> = {}) => {
    const { body } = await ask(contract.getPipeline, { query });
    const sum = body as unknown as Record<string, number>;
    const settled = (sum.stored ?? 0) + (sum.duplicates ?? 0) + (sum.quarantined ?? 0);
    expect(sum.accepted).toBe(settled + (sum.pending ?? 0));
    return body;
  };

  test("adds up before, during and after the worker's run", async () => {
    await drainAll(deps);
    const before = await pipeline(acme);
    const again = anEvent();
    await send(deps, secret, { events: [again, anEvent(), anEvent()] });
    // Redis loses the id, so that the ledger finds the duplicate.
    await deps.redis.del(...(await deps.redis.keys("*:seen:acme:*")));
    await send(deps, secret, again);
    expect(await pipeline(acme)).toMatchObject({
      accepted: before.accepted + 4,
      pending: 4,
      queue: { events: 4, dead_letters: 0 },
    });

    const look = async () => {
      for (let looks = 0; looks < 20; looks++) await Promise.all([pipeline(acme), pipeline(admin)]);
    };
    await Promise.all([drainAll(deps, 1), look()]);
    expect(await pipeline(acme)).toMatchObject({
      accepted: before.accepted + 4,
      stored: Number(before.stored) + 3,
      duplicates: Number(before.duplicates) + 1,
      pending: 0,
      queue: { events: 0 },
    });
  });

  test("covers one client, or all clients for an admin key", async () => {
    await send(deps, betaSecret, { events: [anEvent(), anEvent()] });
    const [own, other, all] = [await pipeline(acme), await pipeline(beta), await pipeline(admin)];
    expect(all.accepted).toBe(own.accepted + other.accepted);
    expect(await pipeline(admin, { client: "beta" })).toMatchObject({ accepted: 2, pending: 2 });
    expect((await acme(contract.getPipeline, { query: { client: "beta" } })).status).toBe(403);
  });

  test("counts settled events as accepted if Redis lost its counts", async () => {
    await drainAll(deps);
    const before = await pipeline(admin);
    await deps.redis.del(...deps.shards.first.notes);
    expect(await pipeline(admin)).toMatchObject({ accepted: before.accepted, pending: 0 });
  });

  test("answers 503 when Redis is unreachable", async () => {
    const away = createDeps({ ...deps.config, redisUrl: "redis://127.0.0.1:1" });
    const { status, body } = await asker(away, secret)(contract.getPipeline);
    await closeDeps(away);
    expect([status, body.code]).toEqual([503, "queue-unavailable"]);
  });
});
