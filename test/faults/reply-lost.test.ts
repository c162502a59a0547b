import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import type { Config } from "../../lib/config/config.ts";
import { RedisIntake } from "../../lib/ingest/redis-intake.ts";
import { headerMessage, parseMessage } from "../../lib/queue/message.ts";
import { drain } from "../../lib/worker/settle-batch.ts";
import {
  expectStoredOnce,
  freshDeps,
  readPipeline,
  readReceipt,
  sendUntilTaken,
  someEvents,
  workUntilEmpty,
} from "../support/faults.ts";
import { addClient, anEvent, drainAll, expectTidy, send } from "../support/pipeline.ts";
import { queueConfig } from "../support/queue/queues.ts";
import { type TcpProxy, tcpProxy } from "../support/servers/tcp-proxy.ts";

let deps: Deps;
/** Reaches the same Redis through a connection that may break. */
let lossy: Deps;
let proxy: TcpProxy;
async function connect(queue: Config["queue"]): Promise<void> {
  const config = await queueConfig(queue);
  deps = freshDeps(config);
  const url = new URL(config.redisUrl);
  proxy = await tcpProxy(Number(url.port));
  url.port = String(proxy.port);
  lossy = freshDeps({ ...config, redisUrl: url.href });
}

describe("when Redis accepts a request and its reply is lost", () => {
  beforeAll(() => connect("redis"));

  it("each event is stored and counted once, with the same receipt", async () => {
    const { clientId, secret } = await addClient(deps, "lost-reply");
    await sendUntilTaken(lossy, secret, anEvent());
    await workUntilEmpty(deps);
    const batch = someEvents(5);
    proxy.loseNextReply();
    const { body } = await sendUntilTaken(lossy, secret, batch);
    expect(proxy.lost()).toBe(1);
    // The command was sent again and got the same answer.
    expect(body).toMatchObject({ accepted: 5, duplicates: 0, rejected: 0 });
    expect((await send(lossy, secret, batch)).body).toMatchObject({ accepted: 0, duplicates: 5 });
    await workUntilEmpty(deps);
    await expectStoredOnce(deps, clientId, 6);
    expect((await readPipeline(deps, secret)).body).toMatchObject({ accepted: 6, stored: 6, pending: 0 });
    expect((await readReceipt(deps, secret, body.receipt_id)).body).toMatchObject({ accepted: 5, stored: 5 });
  });

  it("the request is one message, charged once, with one audit row", async () => {
    const { clientId, secret } = await addClient(deps, "sent-once", { rate: 1, burst: 100 });
    await sendUntilTaken(lossy, secret, anEvent());
    await workUntilEmpty(deps);
    proxy.loseNextReply();
    const answer = await send(lossy, secret, someEvents(90));
    expect(answer).toMatchObject({ status: 202, body: { accepted: 90, duplicates: 0 } });
    expect(await deps.redis.xlen(deps.shards.first.queue)).toBe(1);
    await workUntilEmpty(deps);
    const rows = await deps.sql`SELECT status FROM audit_log WHERE request_id = ${answer.body.receipt_id}`;
    expect(rows).toEqual([{ status: 202 }]);
    await expectStoredOnce(deps, clientId, 91);
  });

  it("the answer agrees with the receipt, even with duplicates and conflicts", async () => {
    const { clientId, secret } = await addClient(deps, "lost-mixed");
    const [old, other] = [anEvent(), anEvent()];
    await sendUntilTaken(lossy, secret, { events: [old, other] });
    await workUntilEmpty(deps);
    const conflict = { ...other, payload: { n: "other" } };
    proxy.loseNextReply();
    const { body } = await send(lossy, secret, { events: [anEvent(), old, conflict, anEvent()] });
    expect(body).toMatchObject({ accepted: 2, duplicates: 1, rejected: 1, errors: [{ index: 2 }] });
    expect((await readReceipt(deps, secret, body.receipt_id)).body).toMatchObject({
      accepted: 2,
      pending: 2,
    });
    await workUntilEmpty(deps);
    expect((await readReceipt(deps, secret, body.receipt_id)).body).toMatchObject({ accepted: 2, stored: 2 });
    await expectStoredOnce(deps, clientId, 4);
    await expectTidy(deps, clientId);
  });

  it("the repeated command gets the same answer even if the worker has stored the events meanwhile", async () => {
    const { clientId, secret } = await addClient(deps, "lost-settled", { rate: 1, burst: 100 });
    const old = anEvent();
    await sendUntilTaken(deps, secret, old);
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
      const { status, body } = await send(repeating, secret, batch);
      const duplicates = batch.events.includes(old) ? 1 : 0;
      const accepted = batch.events.length - duplicates;
      expect({ status, ...body }).toMatchObject({ status: 202, accepted, duplicates });
      expect(await deps.redis.xlen(deps.shards.first.queue)).toBe(0);
      expect((await readReceipt(deps, secret, body.receipt_id)).body).toMatchObject({ accepted });
      const rows = await deps.sql`SELECT status FROM audit_log WHERE request_id = ${body.receipt_id}`;
      expect(rows).toEqual([{ status: 202 }]);
    }
    await expectStoredOnce(deps, clientId, 62);
    await expectTidy(deps, clientId);
  });

  it.each(["after", "before"])(
    "the audit row of the caller's 503, delivered %s the message, does not displace its events",
    async (place) => {
      const { clientId, secret } = await addClient(deps, `told-503-${place}`);
      await workUntilEmpty(deps);
      const { body } = await send(deps, secret, someEvents(4));
      const [message] = await deps.queue.receive({ maxMessages: 10, waitMs: 0 });
      const taken = parseMessage(message?.body ?? "");
      const { accepted: _, ...header } = taken.header;
      const row = { ...header, ...(header.audit && { audit: { ...header.audit, status: 503 } }) };
      const told = { id: "503", deliveries: 1, ...headerMessage(row) };
      const delivered = message ? [message, told] : [];
      expect(await drain(place === "after" ? delivered : delivered.toReversed(), deps)).toEqual([]);
      await deps.queue.ack([message?.id ?? ""]);
      await expectStoredOnce(deps, clientId, 4);
      expect((await readReceipt(deps, secret, body.receipt_id)).body).toMatchObject({
        accepted: 4,
        stored: 4,
      });
    },
  );
});

describe("with QUEUE=sqs, when Redis runs one step of a request and its reply is lost", () => {
  beforeAll(() => connect("sqs"));

  it.each([
    ["first", 0],
    ["second", 1],
  ])("each event is stored, counted and charged once: the %s step", async (step, answersBefore) => {
    const { clientId, secret } = await addClient(deps, `lost-${step}`, { rate: 1, burst: 200 });
    await sendUntilTaken(lossy, secret, anEvent());
    await workUntilEmpty(deps);
    const batch = someEvents(90);
    const lost = proxy.lost();
    proxy.loseNextReply(answersBefore);
    const { status, body } = await send(lossy, secret, batch);
    expect(proxy.lost()).toBe(lost + 1);
    expect({ status, ...body }).toMatchObject({ status: 202, accepted: 90, duplicates: 0 });
    expect((await send(lossy, secret, batch)).body).toMatchObject({ accepted: 0, duplicates: 90 });
    expect((await readPipeline(deps, secret)).body).toMatchObject({ accepted: 91, stored: 1, pending: 90 });
    await workUntilEmpty(deps);
    await expectStoredOnce(deps, clientId, 91);
    expect((await readReceipt(deps, secret, body.receipt_id)).body).toMatchObject({
      accepted: 90,
      stored: 90,
      pending: 0,
    });
    await expectTidy(deps, clientId);
    const rows = await deps.sql`SELECT status FROM audit_log WHERE request_id = ${body.receipt_id}`;
    expect(rows).toEqual([{ status: 202 }]);
  });

  it("each event is counted once: the worker's step after its commit", async () => {
    const { clientId, secret } = await addClient(deps, "lost-settled");
    // Once before, so that Redis has cached the script and the first reply is the script's.
    await send(deps, secret, anEvent());
    await workUntilEmpty(lossy);
    await send(deps, secret, someEvents(5));
    const lost = proxy.lost();
    proxy.loseNextReply();
    await workUntilEmpty(lossy);
    expect(proxy.lost()).toBe(lost + 1);
    expect((await readPipeline(deps, secret)).body).toMatchObject({ accepted: 6, stored: 6, pending: 0 });
    await expectTidy(deps, clientId);
  });
});
