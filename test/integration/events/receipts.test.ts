import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import * as contract from "../../../lib/events/contract.ts";
import { expectUnavailable, freshDeps, someEvents } from "../../support/faults.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { type Ask, asker, askerOf } from "../../support/http/reading.ts";
import { addClient, anEvent, drainAll, send } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const admin = await askerOf(deps, "boss", ["admin"]);
const { secret } = await addClient(deps, "acme");
const { secret: betaSecret } = await addClient(deps, "beta");
const acme = asker(deps, secret);
const beta = asker(deps, betaSecret);
/** As a new instance calls while Redis is unreachable. */
const away = asker(freshDeps({ ...deps.config, redisUrl: "redis://127.0.0.1:1" }), secret);

const receipt = (ask: Ask, receipt_id: string) => ask(contract.getReceipt, { params: { receipt_id } });

const settle = (id: string) => deps.sql`
  INSERT INTO receipts (receipt_id, client_id, received_at, accepted, stored, duplicates, quarantined)
  VALUES (${id}, 'acme', now(), 3, 1, 1, 1)`;

describe("GET /v1/receipts/{receipt_id}", () => {
  test("is pending while the message waits, and then complete", async () => {
    const { body: sent } = await send(deps, secret, someEvents(2));
    const { receipt_id } = sent;
    const pending = await receipt(acme, receipt_id);
    const waiting = { receipt_id, accepted: 2, stored: 0, pending: 2, completed_at: null };
    expect(pending.body).toMatchObject(waiting);

    await drainAll(deps);
    const settled = await receipt(acme, receipt_id);
    expect(settled.body).toMatchObject({ accepted: 2, stored: 2, duplicates: 0, quarantined: 0, pending: 0 });
    expect(settled.body.completed_at).not.toBeNull();
    expect(settled.body.received_at).toBe(pending.body.received_at);
  });

  test("prefers the receipt in PostgreSQL to one left in Redis", async () => {
    const id = randomUUID();
    await deps.redis.hset(deps.shards.first.receipts, id, `acme 3 ${Date.now()}`);
    await settle(id);
    const settled = { pending: 0, stored: 1, duplicates: 1, quarantined: 1 };
    expect((await receipt(acme, id)).body).toMatchObject(settled);
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
    const { body } = await receipt(asker({ ...deps, redis }, secret), id);
    expect(body).toMatchObject({ accepted: 3, pending: 0 });
  });

  test("answers only its own client and admin keys", async () => {
    const waiting = (await send(deps, secret, anEvent())).body.receipt_id;
    const settled = randomUUID();
    await settle(settled);
    for (const id of [waiting, settled]) {
      expectProblem(await receipt(beta, id), 404, "not-found");
      expect((await receipt(admin, id)).status).toBe(200);
    }
  });

  test.each(["x", "00000000-0000-0000-0000-000000000000", "'; DROP TABLE receipts", "ABCDEF"])(
    "answers 404 for %j",
    async (id) => expectProblem(await receipt(acme, id), 404, "not-found"),
  );

  test("returns a complete receipt when Redis is unreachable, and 503 for any other", async () => {
    const id = randomUUID();
    await settle(id);
    expect((await receipt(away, id)).status).toBe(200);
    expectUnavailable(await receipt(away, randomUUID()), "queue-unavailable");
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
    const accepted = before.accepted + 4;
    const queue = { events: 4, dead_letters: 0 };
    expect(await pipeline(acme)).toMatchObject({ accepted, pending: 4, queue });

    const look = async () => {
      for (let looks = 0; looks < 20; looks++) await Promise.all([pipeline(acme), pipeline(admin)]);
    };
    await Promise.all([drainAll(deps, 1), look()]);
    expect(await pipeline(acme)).toMatchObject({
      accepted,
      stored: Number(before.stored) + 3,
      duplicates: Number(before.duplicates) + 1,
      pending: 0,
      queue: { events: 0 },
    });
  });

  test("covers one client, or all clients for an admin key", async () => {
    await send(deps, betaSecret, someEvents(2));
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
    expectProblem(await away(contract.getPipeline), 503, "queue-unavailable");
  });
});
