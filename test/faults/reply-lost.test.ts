import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import type { Config } from "../../lib/config/config.ts";
import { RedisIntake } from "../../lib/ingest/redis-intake.ts";
import { headerMessage, parseMessage } from "../../lib/queue/message.ts";
import { drain } from "../../lib/worker/process-batch.ts";
import { testClient } from "../support/client.ts";
import { freshDeps, someEvents, workUntilEmpty } from "../support/faults.ts";
import { anEvent, drainAll } from "../support/pipeline.ts";
import { queueConfig } from "../support/queue/queues.ts";
import { behindProxy, type TcpProxy } from "../support/servers/tcp-proxy.ts";

let deps: Deps;
/** Reaches the same Redis through a connection that may break. */
let lossy: Deps;
let proxy: TcpProxy;
async function connect(queue: Config["queue"]): Promise<void> {
  const config = await queueConfig(queue);
  deps = freshDeps(config);
  const behind = await behindProxy(config.redisUrl);
  proxy = behind.proxy;
  lossy = freshDeps({ ...config, redisUrl: behind.url });
}

describe("when Redis accepts a request and its reply is lost", () => {
  beforeAll(() => connect("redis"));

  it("each event is stored and counted once, with the same receipt", async () => {
    const client = await testClient(deps, "lost-reply");
    await client.accept(anEvent(), lossy);
    await workUntilEmpty(deps);
    const batch = someEvents(5);
    proxy.loseNextReply();
    const body = await client.accept(batch, lossy);
    expect(proxy.lost()).toBe(1);
    // The command was sent again and got the same answer.
    expect(body).toMatchObject({ accepted: 5, duplicates: 0, rejected: 0 });
    expect((await client.send(batch, lossy)).body).toMatchObject({ accepted: 0, duplicates: 5 });
    await workUntilEmpty(deps);
    await client.expectStoredOnce(6);
    expect(await client.pipeline()).toMatchObject({ accepted: 6, stored: 6, pending: 0 });
    expect(await client.receipt(body.receipt_id)).toMatchObject({ accepted: 5, stored: 5 });
  });

  it("the request is one message, charged once, with one audit row", async () => {
    const client = await testClient(deps, "sent-once", { rate: 1, burst: 100 });
    await client.accept(anEvent(), lossy);
    await workUntilEmpty(deps);
    proxy.loseNextReply();
    const answer = await client.send(someEvents(90), lossy);
    expect(answer).toMatchObject({ status: 202, body: { accepted: 90, duplicates: 0 } });
    expect(await deps.redis.xlen(deps.shards.first.queue)).toBe(1);
    await workUntilEmpty(deps);
    const rows = await deps.sql`SELECT status FROM audit_log WHERE request_id = ${answer.body.receipt_id}`;
    expect(rows).toEqual([{ status: 202 }]);
    await client.expectStoredOnce(91);
  });

  it("the answer agrees with the receipt, even with duplicates and conflicts", async () => {
    const client = await testClient(deps, "lost-mixed");
    const [old, other] = [anEvent(), anEvent()];
    await client.accept({ events: [old, other] }, lossy);
    await workUntilEmpty(deps);
    const conflict = { ...other, payload: { n: "other" } };
    proxy.loseNextReply();
    const { body } = await client.send({ events: [anEvent(), old, conflict, anEvent()] }, lossy);
    expect(body).toMatchObject({ accepted: 2, duplicates: 1, rejected: 1, errors: [{ index: 2 }] });
    expect(await client.receipt(body.receipt_id)).toMatchObject({ accepted: 2, pending: 2 });
    await workUntilEmpty(deps);
    expect(await client.receipt(body.receipt_id)).toMatchObject({ accepted: 2, stored: 2 });
    await client.expectStoredOnce(4);
    await client.expectTidy();
  });

  it("the repeated command gets the same answer even if the worker has stored the events meanwhile", async () => {
    const client = await testClient(deps, "lost-settled", { rate: 1, burst: 100 });
    const old = anEvent();
    await client.accept(old);
    await workUntilEmpty(deps);
    const redis = new Proxy(deps.redis, {
      get: (target, name) =>
        name === "weirEnqueue"
          ? async (...words: unknown[]): Promise<unknown> => {
              const run = Reflect.get(target, name) as (...words: unknown[]) => Promise<unknown>;
              await run.apply(target, words);
              await drainAll(deps);
              return run.apply(target, words);
            }
          : Reflect.get(target, name, target),
    });
    const repeating = { ...deps, redis, intake: new RedisIntake({ ...deps, redis }) };
    for (const batch of [someEvents(60), { events: [anEvent(), old] }]) {
      const { status, body } = await client.send(batch, repeating);
      const duplicates = batch.events.includes(old) ? 1 : 0;
      const accepted = batch.events.length - duplicates;
      expect({ status, ...body }).toMatchObject({ status: 202, accepted, duplicates });
      expect(await deps.redis.xlen(deps.shards.first.queue)).toBe(0);
      expect(await client.receipt(body.receipt_id)).toMatchObject({ accepted });
      const rows = await deps.sql`SELECT status FROM audit_log WHERE request_id = ${body.receipt_id}`;
      expect(rows).toEqual([{ status: 202 }]);
    }
    await client.expectStoredOnce(62);
    await client.expectTidy();
  });

  it.each(["after", "before"])(
    "the audit row of the caller's 503, delivered %s the message, does not displace its events",
    async (place) => {
      const client = await testClient(deps, `told-503-${place}`);
      await workUntilEmpty(deps);
      const { body } = await client.send(someEvents(4));
      const [message] = await deps.queue.receive({ maxMessages: 10, waitMs: 0 });
      const taken = parseMessage(message?.body ?? "");
      const { accepted: _, ...header } = taken.header;
      const row = { ...header, ...(header.audit && { audit: { ...header.audit, status: 503 } }) };
      const told = { id: "503", deliveries: 1, ...headerMessage(row) };
      const delivered = message ? [message, told] : [];
      expect(await drain(place === "after" ? delivered : delivered.toReversed(), deps)).toEqual([]);
      await deps.queue.ack([message?.id ?? ""]);
      await client.expectStoredOnce(4);
      expect(await client.receipt(body.receipt_id)).toMatchObject({ accepted: 4, stored: 4 });
    },
  );
});

describe("with QUEUE=sqs, when Redis runs one step of a request and its reply is lost", () => {
  beforeAll(() => connect("sqs"));

  it.each([
    ["first", 0],
    ["second", 1],
  ])("each event is stored, counted and charged once: the %s step", async (step, answersBefore) => {
    const client = await testClient(deps, `lost-${step}`, { rate: 1, burst: 200 });
    await client.accept(anEvent(), lossy);
    await workUntilEmpty(deps);
    const batch = someEvents(90);
    const lost = proxy.lost();
    proxy.loseNextReply(answersBefore);
    const { status, body } = await client.send(batch, lossy);
    expect(proxy.lost()).toBe(lost + 1);
    expect({ status, ...body }).toMatchObject({ status: 202, accepted: 90, duplicates: 0 });
    expect((await client.send(batch, lossy)).body).toMatchObject({ accepted: 0, duplicates: 90 });
    expect(await client.pipeline()).toMatchObject({ accepted: 91, stored: 1, pending: 90 });
    await workUntilEmpty(deps);
    await client.expectStoredOnce(91);
    expect(await client.receipt(body.receipt_id)).toMatchObject({ accepted: 90, stored: 90, pending: 0 });
    await client.expectTidy();
    const rows = await deps.sql`SELECT status FROM audit_log WHERE request_id = ${body.receipt_id}`;
    expect(rows).toEqual([{ status: 202 }]);
  });

  it("each event is counted once: the worker's step after its commit", async () => {
    const client = await testClient(deps, "lost-settled");
    // Once before, so that Redis has cached the script and the first reply is the script's.
    await client.send(anEvent());
    await workUntilEmpty(lossy);
    await client.send(someEvents(5));
    const lost = proxy.lost();
    proxy.loseNextReply();
    await workUntilEmpty(lossy);
    expect(proxy.lost()).toBe(lost + 1);
    expect(await client.pipeline()).toMatchObject({ accepted: 6, stored: 6, pending: 0 });
    await client.expectTidy();
  });
});
