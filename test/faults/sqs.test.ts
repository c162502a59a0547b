/** What Weir guarantees when SQS (fauxqs) fails. */
import { randomUUID } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeDeps, createDeps, type Deps } from "../../lib/app/connect.ts";
import { SqsIntake } from "../../lib/ingest/sqs-intake.ts";
import { Notes } from "../../lib/pending/notes.ts";
import { SqsQueue } from "../../lib/queue/sqs/queue.ts";
import { Shards } from "../../lib/redis/shards.ts";
import { testClient } from "../support/client.ts";
import { anEvent, drainAll } from "../support/pipeline.ts";
import { bodies, ids, numbered, setAside, take } from "../support/queue/queue-steps.ts";
import { padded, sqsIntake } from "../support/queue/sqs-intake.ts";
import { makeSqsQueue } from "../support/servers/sqs.ts";
import type { SqsProxy } from "../support/servers/sqs-proxy.ts";

let deps: Deps;
let proxy: SqsProxy;

beforeAll(async () => {
  ({ deps, proxy } = await sqsIntake());
});
beforeEach(() => {
  proxy.refuse(() => false);
  proxy.throttle(0);
  proxy.loseAnswers(false);
});

describe("when SQS refuses", () => {
  it("3 of 10 messages, their events are retryable item errors, the others are stored, and a resend stores the rest", async () => {
    const client = await testClient(deps, "three-of-ten");
    // Each event fills a message by itself.
    const events = padded(10, 15_000);
    const bad = [0, 4, 7].map((index) => String(events[index]?.event_id));
    proxy.refuse((body) => bad.some((id) => body.includes(id)));
    const first = await client.send({ events });
    expect(first).toMatchObject({ status: 202, body: { accepted: 7, duplicates: 0, rejected: 3 } });
    const refused = first.body.errors.map(({ index }) => Number(index));
    expect(refused).toEqual([0, 4, 7]);
    for (const error of first.body.errors)
      expect(error).toMatchObject({ code: "queue-refused", retryable: true, event_id: expect.any(String) });
    await drainAll(deps);
    const rows = await deps.sql`SELECT event_id FROM events WHERE client_id = ${client.clientId}`;
    const taken = events.filter((_, index) => !refused.includes(index)).map(({ event_id }) => event_id);
    expect(rows.map(({ event_id }) => event_id).sort()).toEqual(taken.sort());
    expect(await client.receipt(first.body.receipt_id)).toMatchObject({
      accepted: first.body.accepted,
      stored: first.body.accepted,
      pending: 0,
    });
    await client.expectTidy();
    const audit =
      await deps.sql`SELECT status, bytes_out FROM audit_log WHERE client_id = ${client.clientId} AND method = 'POST'`;
    expect(audit).toEqual([{ status: 202, bytes_out: Buffer.byteLength(JSON.stringify(first.body)) }]);

    proxy.refuse(() => false);
    const second = await client.send({ events });
    expect(second.body).toMatchObject({ accepted: refused.length, duplicates: taken.length, rejected: 0 });
    await drainAll(deps);
    await client.expectStored(10, { accepted: 10, duplicates: 0 });
    await client.expectTidy();
  });

  it("calls for a moment, the send is retried within the request", async () => {
    const client = await testClient(deps, "moment");
    proxy.throttle(2);
    const before = proxy.sends();
    expect(await client.send(anEvent())).toMatchObject({ status: 202 });
    expect(proxy.sends() - before).toBe(3);
    await drainAll(deps);
    await client.expectStored(1);
  });

  it("every message, the answer is 503 with Retry-After, no id is marked, and a later request is stored", async () => {
    const client = await testClient(deps, "all");
    const events = padded(20, 2_000);
    proxy.refuse(() => true);
    const refused = await client.send({ events });
    expect(refused).toMatchObject({ status: 503, body: { code: "queue-unavailable" } });
    expect(Number(refused.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    expect(await deps.redis.keys("*:seen:all:*")).toEqual([]);
    expect(await deps.redis.hlen(deps.shards.first.receipts)).toBe(0);
    proxy.refuse(() => false);
    expect((await client.send({ events })).body).toMatchObject({ accepted: 20, duplicates: 0 });
    await drainAll(deps);
    await client.expectStored(20, { accepted: 20 });
    await client.expectTidy();
  });

  it("connections, the answer is 503 with Retry-After, and a later request is stored", async () => {
    const client = await testClient(deps, "away");
    const { sqs } = deps.config;
    if (!sqs) throw new Error("No SQS is configured.");
    const away = createDeps({ ...deps.config, sqs: { ...sqs, endpoint: "http://127.0.0.1:1" } });
    const event = anEvent();
    const refused = await client.send(event, away);
    await closeDeps(away);
    expect(refused).toMatchObject({ status: 503, body: { code: "queue-unavailable" } });
    expect(Number(refused.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    expect((await client.send(event)).body).toMatchObject({ accepted: 1, duplicates: 0 });
    await drainAll(deps);
    await client.expectStored(1);
  });

  it("nothing, but its answers are lost, each event counts once, and the totals add up", async () => {
    const client = await testClient(deps, "lost-answer");
    const events = padded(30, 2_000);
    proxy.loseAnswers(true);
    expect((await client.send({ events })).status).toBe(503);
    proxy.loseAnswers(false);
    expect((await client.send({ events })).body).toMatchObject({ accepted: 30, duplicates: 0 });
    await drainAll(deps);
    await client.expectStored(30, { accepted: 60, duplicates: 30 });
    await client.expectTidy();
  });
});

describe("concurrent requests", () => {
  it("share SQS calls, and each is answered by the result of its own message", async () => {
    const client = await testClient(deps, "together");
    const events = Array.from({ length: 40 }, () => anEvent());
    const refused = events[17];
    proxy.refuse((body) => body.includes(String(refused?.event_id)));
    const before = proxy.sends();
    const order: unknown[] = [];
    const answers = await Promise.all(
      events.map((event) => client.send(event).finally(() => order.push(event))),
    );
    expect(proxy.sends() - before).toBeLessThan(events.length);
    for (const [index, { status }] of answers.entries()) expect(status).toBe(index === 17 ? 503 : 202);
    // It was retried, and no other request waited for that.
    expect(order.at(-1)).toBe(refused);

    proxy.refuse(() => false);
    expect((await client.send({ events })).body).toMatchObject({ accepted: 1, duplicates: 39 });
    await drainAll(deps);
    await client.expectStored(40, { duplicates: 0 });
    await client.expectTidy();
  });
});

it("redrive keeps a dead letter that SQS refuses, and moves the others", async () => {
  const sqs = await makeSqsQueue(proxy.url, { maxDeliveries: 1 });
  const queue = new SqsQueue(deps.redis, deps.shards, {
    sqs,
    queueVisibilitySeconds: 60,
    queueMaxDeliveries: 1,
  });
  await setAside(queue, numbered(3));
  proxy.refuse((body) => body === "m-1");
  await expect(queue.redrive(10)).rejects.toThrow(/refused a dead letter/);
  expect(await queue.depth()).toMatchObject({ messages: 2, deadLetters: 1 });
  const back = await take(queue, 2);
  expect(bodies(back)).toEqual(["m-0", "m-2"]);
  await queue.ack(ids(back));
  await queue.close();
});

describe("a worker that is faster than ingest's second step", () => {
  it("counts the events it settles, and the second step does not count them again", async () => {
    const client = await testClient(deps, "faster");
    // The worker does all of its work between SQS's answer and the confirmation.
    const redis = new Proxy(deps.redis, {
      get: (target, name) =>
        name === "weirConfirm"
          ? async (...words: unknown[]): Promise<unknown> => {
              await drainAll(deps);
              return Reflect.apply(Reflect.get(target, name), target, words);
            }
          : Reflect.get(target, name, target),
    });
    await client.send(anEvent());
    const racing = { ...deps, ...rebuilt(redis) };
    const sent = await client.send({ events: padded(100, 500) }, racing);
    expect(sent.body).toMatchObject({ accepted: 100 });
    await drainAll(deps);
    await client.expectStored(101, { accepted: 101 });
    expect(await client.receipt(sent.body.receipt_id)).toMatchObject({ stored: 100, pending: 0 });
    await client.expectTidy();
  });

  const rebuilt = (redis: Deps["redis"]): Pick<Deps, "intake" | "redis"> => {
    const { config, log, queue, shards, sql, unqueued } = deps;
    if (!(queue instanceof SqsQueue)) throw new Error("The queue is not on SQS.");
    const parts = { redis, sql, shards, queue, config, messageBytes: 16_384, log, unqueued };
    return { redis, intake: new SqsIntake(parts) };
  };
});

it("a redriven dead letter counts as its client's pending events until the worker settles it", async () => {
  const sqs = await makeSqsQueue(proxy.url, { maxDeliveries: 1 });
  const shards = new Shards(16);
  const queue = new SqsQueue(deps.redis, shards, { sqs, queueVisibilitySeconds: 60, queueMaxDeliveries: 1 });
  const clientId = ["a", "b", "c"].find((id) => shards.of(id) !== shards.first) ?? "";
  const header = { v: 1, id: randomUUID(), at: Date.now(), client: clientId, accepted: 2 };
  await setAside(queue, [{ body: `${JSON.stringify(header)}\none\ntwo`, events: 2 }]);
  expect(await queue.depth()).toMatchObject({ events: 0, deadLetters: 1 });
  expect(await queue.redrive(10)).toBe(1);
  expect(await deps.redis.hgetall(shards.of(clientId).waiting)).toEqual({ [clientId]: "2" });
  expect(await queue.depth()).toMatchObject({ events: 2, deadLetters: 0 });
  const [back] = await take(queue, 1);
  const place = { id: header.id, part: 0 };
  await new Notes(deps.redis, shards, "sqs").settle([{ place, clientId, events: 2 }]);
  await queue.ack([back?.id ?? ""]);
  expect(await queue.depth()).toMatchObject({ events: 0 });
  expect(await deps.redis.hgetall(shards.of(clientId).waiting)).toEqual({});
  await queue.close();
});
