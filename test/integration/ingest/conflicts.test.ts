/** An id that is sent again with a digest that Redis does not expect: PostgreSQL decides whether that is a conflict. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { expectUnavailable, freshDeps } from "../../support/faults.ts";
import { expectProblem } from "../../support/http/problems.ts";
import {
  type Answer,
  addClient,
  anEvent,
  counts,
  drainAll,
  expectTidy,
  send,
  sendAndStore,
  stored,
} from "../../support/pipeline.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";

type Client = Awaited<ReturnType<typeof addClient>>;

const other = (event: object): object => ({ ...event, payload: { probe: true } });

/** Sends an event, stores it, and forgets its id: with Redis Streams as after FLUSHALL, with SQS as after a lost confirmation. */
async function storeAndForget(deps: Deps, { clientId, secret }: Client, body: unknown): Promise<void> {
  await sendAndStore(deps, secret, body);
  await forget(deps, clientId);
}

async function forget({ redis, config }: Deps, clientId: string): Promise<void> {
  const keys = await redis.keys(`*:seen:${clientId}:*`);
  if (config.queue === "redis") await redis.flushdb();
  else if (keys.length > 0) await redis.del(...keys);
}

const isDuplicate = (answer: Answer): void =>
  expect(answer).toMatchObject({ status: 202, body: { accepted: 0, duplicates: 1, rejected: 0 } });
const isConflict = (answer: Answer): void =>
  expect(answer).toMatchObject({
    status: 422,
    body: { code: "no-valid-events", errors: [{ code: "event-conflict", retryable: false }] },
  });

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  let deps: Deps;
  beforeAll(async () => {
    deps = freshDeps(await queueConfig(queue));
  });

  it("a resend of a stored event is a duplicate, though a probe with other content left its digest in Redis", async () => {
    const client = await addClient(deps, "probed");
    const { clientId, secret } = client;
    const event = anEvent({ payload: { a: 1, b: { c: "x", d: 1.5 } } });
    await storeAndForget(deps, client, event);
    expect(await send(deps, secret, other(event))).toMatchObject({ status: 202 });
    isDuplicate(await send(deps, secret, event));
    const turned = Object.fromEntries(Object.entries(event).reverse());
    isDuplicate(await send(deps, secret, { ...turned, payload: { b: { d: 1.5, c: "x" }, a: 1 } }));
    isConflict(await send(deps, secret, { ...event, payload: { a: 1, b: { c: "x", d: 2.5 } } }));
    isConflict(await send(deps, secret, { ...event, event_type: "test.changed" }));
    isConflict(await send(deps, secret, { ...event, timestamp: new Date(Date.now() - 1_000).toISOString() }));
    // Redis considers the probe a duplicate of itself.
    isDuplicate(await send(deps, secret, other(event)));
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject(stored(1, { duplicates: 1 }));
    await expectTidy(deps, clientId);
  });

  it("numbers are compared by their digits", async () => {
    const client = await addClient(deps, "digits");
    const { secret } = client;
    const event = anEvent({ payload: 0 });
    const withNumber = (text: string): string =>
      JSON.stringify(event).replace('"payload":0', `"payload":{"n":${text}}`);
    await storeAndForget(deps, client, withNumber("1.50"));
    await send(deps, secret, withNumber("7"));
    isDuplicate(await send(deps, secret, withNumber("1.50")));
    isConflict(await send(deps, secret, withNumber("1.51")));
    isConflict(await send(deps, secret, withNumber("15e-1")));
  });

  it("a resend of an erased event is a duplicate", async () => {
    const client = await addClient(deps, "erased");
    const { clientId, secret } = client;
    const event = anEvent({ payload: { card: "4111 1111 1111 1111" } });
    await storeAndForget(deps, client, event);
    await deps.sql`UPDATE events SET payload = '{"erased":true}' WHERE client_id = ${clientId}`;
    await send(deps, secret, other(event));
    isDuplicate(await send(deps, secret, event));
  });

  it("a resend of a quarantined event is a duplicate", async () => {
    const { clientId, secret } = await addClient(deps, "set-aside");
    await deps.sql`ALTER TABLE events ADD CONSTRAINT no_poison CHECK (event_type <> 'poison') NOT VALID`;
    const event = anEvent({ event_type: "poison" });
    await sendAndStore(deps, secret, event);
    await forget(deps, clientId);
    await deps.sql`ALTER TABLE events DROP CONSTRAINT no_poison`;
    await send(deps, secret, { ...event, event_type: "other" });
    isDuplicate(await send(deps, secret, event));
    await deps.sql`
      UPDATE quarantine SET event = convert_to(split_part(convert_from(event, 'UTF8'), E'\t', 1) || E'\t{"erased":true}', 'UTF8')
       WHERE client_id = ${clientId}`;
    isDuplicate(await send(deps, secret, event));
    await drainAll(deps);
  });

  it("only the items in doubt are looked up, and every item of a request is answered", async () => {
    const client = await addClient(deps, "several");
    const { clientId, secret } = client;
    const [a, b, c] = [anEvent(), anEvent(), anEvent()];
    await storeAndForget(deps, client, { events: [a, b] });
    await send(deps, secret, { events: [other(a), other(b)] });
    const answer = await send(deps, secret, { events: [a, other(a), { ...b, payload: { n: 9 } }, c, c] });
    expect(answer).toMatchObject({
      status: 202,
      body: { accepted: 1, duplicates: 3, rejected: 1, errors: [{ index: 2, code: "event-conflict" }] },
    });
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject(stored(3, { duplicates: 2 }));
    await expectTidy(deps, clientId);
  });

  it("the receipt of a request with duplicates only can be read", async () => {
    const client = await addClient(deps, "receipt-of-none");
    const { secret } = client;
    const event = anEvent();
    await storeAndForget(deps, client, event);
    await send(deps, secret, other(event));
    const { body } = await sendAndStore(deps, secret, event);
    const rows = await deps.sql`SELECT accepted FROM receipts WHERE receipt_id = ${body.receipt_id}`;
    expect(rows).toEqual([{ accepted: 0 }]);
  });
});

describe("while PostgreSQL does not have the id", () => {
  it("with Redis Streams, the digest in Redis decides", async () => {
    const deps = freshDeps(await queueConfig("redis"));
    const { secret } = await addClient(deps, "waiting");
    const event = anEvent();
    await send(deps, secret, event);
    isConflict(await send(deps, secret, other(event)));
    isDuplicate(await send(deps, secret, event));
  });

  it("with Redis Streams, the digest is not trusted if messages wait longer than digests last", async () => {
    const deps = freshDeps(await queueConfig("redis", { dedupWindowSeconds: 1 }));
    const { clientId, secret } = await addClient(deps, "overdue");
    const event = anEvent();
    await send(deps, secret, event);
    const marked = async (): Promise<number> => (await send(deps, secret, other(event))).body.accepted ?? 0;
    // The first event's digest is gone, but its message is not.
    await expect.poll(marked, { timeout: 45_000 }).toBe(1);
    expectProblem(await send(deps, secret, event), 503, "database-unavailable");
    const beside = await send(deps, secret, { events: [event, anEvent()] });
    expect(beside).toMatchObject({
      status: 202,
      body: { accepted: 1, errors: [{ index: 0, code: "event-unverified", retryable: true }] },
    });
    await drainAll(deps);
    await send(deps, secret, other(event));
    isDuplicate(await send(deps, secret, event));
    expect(await counts(deps, clientId)).toMatchObject({ events: 2 });
  });

  it("with SQS, the event is sent, since an earlier event's digest may be lost, and the ledger decides", async () => {
    const deps = freshDeps(await queueConfig("sqs"));
    const { clientId, secret } = await addClient(deps, "on-its-way");
    const event = anEvent();
    await send(deps, secret, event);
    await forget(deps, clientId);
    await send(deps, secret, other(event));
    const again = await send(deps, secret, event);
    expect(again).toMatchObject({ status: 202, body: { accepted: 1, duplicates: 0, rejected: 0 } });
    await drainAll(deps);
    expect(await deps.sql`SELECT FROM events WHERE client_id = ${clientId}`).toHaveLength(1);
    expect(await counts(deps, clientId)).toMatchObject(stored(1, { accepted: 3, duplicates: 2 }));
    await expectTidy(deps, clientId);
  });
});

it("a resend of an event whose confirmation was lost is not a conflict, before or after it is stored", async () => {
  const deps = freshDeps(await queueConfig("sqs"));
  const { clientId, secret } = await addClient(deps, "unconfirmed");
  const event = anEvent();
  const failing = freshDeps(deps.config);
  Reflect.set(failing.redis, "weirConfirm", () => Promise.reject(new Error("Redis is unreachable.")));
  expect((await send(failing, secret, event)).body).toMatchObject({ accepted: 1 });
  expect((await send(deps, secret, other(event))).body).toMatchObject({ accepted: 1 });
  expect(await send(deps, secret, event)).toMatchObject({ status: 202, body: { rejected: 0 } });
  await drainAll(deps);
  isDuplicate(await send(deps, secret, event));
  isConflict(await send(deps, secret, { ...event, payload: { third: true } }));
  await drainAll(deps);
  expect(await counts(deps, clientId)).toMatchObject(stored(1));
});

describe("while PostgreSQL is unreachable", () => {
  const databaseUrl = "postgres://nobody@127.0.0.1:1/none";

  it("with Redis Streams, an event that may be a conflict is a retryable error", async () => {
    const deps = freshDeps(await queueConfig("redis"));
    const { secret } = await addClient(deps, "away");
    const event = anEvent();
    await send(deps, secret, event);
    const cut = freshDeps({ ...deps.config, databaseUrl });
    expectUnavailable(await send(cut, secret, other(event)), "database-unavailable");
    isDuplicate(await send(cut, secret, event));
    expect(await send(cut, secret, { events: [other(event), anEvent()] })).toMatchObject({
      status: 202,
      body: { accepted: 1, rejected: 1, errors: [{ code: "event-unverified", retryable: true }] },
    });
  });

  it("with SQS, an event that may be a conflict is queued", async () => {
    const deps = freshDeps(await queueConfig("sqs"));
    const { clientId, secret } = await addClient(deps, "away");
    const event = anEvent();
    await send(deps, secret, event);
    const cut = freshDeps({ ...deps.config, databaseUrl });
    expect((await send(cut, secret, other(event))).body).toMatchObject({ accepted: 1, rejected: 0 });
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject(stored(1, { duplicates: 1 }));
    await expectTidy(deps, clientId);
  });
});
