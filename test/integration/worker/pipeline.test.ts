import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { drainOnce } from "../../../lib/worker/drain-queue.ts";
import { drain } from "../../../lib/worker/process-batch.ts";
import {
  freshDeps,
  readReceipt,
  sendUntilTaken,
  someEvents,
  workOnce,
  workUntilEmpty,
} from "../../support/faults.ts";
import {
  addClient,
  anAuditRow,
  anEvent,
  counts,
  drainAll,
  expectTidy,
  send,
  sendAndStore,
  stored,
} from "../../support/pipeline.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";

let deps: Deps;

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  beforeAll(async () => {
    deps = freshDeps(await queueConfig(queue));
  });

  describe("the way from a request to a row", () => {
    it("keeps every digit and character of a payload", async () => {
      const { clientId, secret } = await addClient(deps, "digits");
      const payload =
        '{"big":12345678901234567890,"small":0.1000000000000000055,"cents":1.50,"zero":-0,"huge":1e400,"text":"ß\\n\\t\\u0001 \\ud83d\\ude00 \\"\\\\","__proto__":{"a":1}}';
      const day = new Date().toISOString().slice(0, 10);
      const text = `{"event_id":"d-1","event_type":"t","timestamp":"${day}T06:00:00.123456+01:00","payload":${payload}}`;
      const answer = await sendAndStore(deps, secret, text);
      const body = { accepted: 1, duplicates: 0, rejected: 0, errors: [] };
      expect(answer).toMatchObject({ status: 202, body });
      const [row] =
        await deps.sql`SELECT payload::text, event_time::text, receipt_id FROM events WHERE client_id = ${clientId}`;
      expect(row?.payload).toBe(payload.replace("\\ud83d\\ude00", "😀"));
      expect(row?.event_time).toMatch(/05:00:00\.123456\+00$/);
      expect(row?.receipt_id).toBe(answer.body.receipt_id);
    });

    it("reports accepted, duplicate and invalid events, and stores only the accepted", async () => {
      const { clientId, secret } = await addClient(deps, "mixed");
      const [a, b, c] = [anEvent(), anEvent(), anEvent()] as const;
      // With SQS a conflict is known only when the first event is stored.
      await sendAndStore(deps, secret, a);
      const invalid = [
        { ...a, payload: { n: 2 } },
        { ...c, extra: 1 },
        { ...c, timestamp: "yesterday" },
      ];
      const { status, body } = await sendAndStore(deps, secret, { events: [a, b, ...invalid, c, c] });
      expect(status).toBe(202);
      expect(body).toMatchObject({ accepted: 2, duplicates: 2, rejected: 3 });
      const conflict = { code: "event-conflict", pointer: "/event_id", retryable: false };
      expect(body.errors).toMatchObject([
        { index: 2, event_id: a.event_id, ...conflict },
        { index: 3, code: "invalid-event", pointer: "/extra", detail: 'unknown member "extra"' },
        { index: 4, code: "invalid-event", pointer: "/timestamp" },
      ]);
      expect(await counts(deps, clientId)).toMatchObject(stored(3, { accepted: 3, duplicates: 0 }));
    });

    it("treats the same content with its members in another order as a duplicate", async () => {
      const { secret } = await addClient(deps, "order");
      const event = anEvent({ payload: { a: 1, b: { c: 2, d: [1, 2] } } });
      await send(deps, secret, event);
      const { timestamp, event_id, event_type } = event;
      const turned = { payload: { b: { d: [1, 2], c: 2 }, a: 1 }, timestamp, event_id, event_type };
      const answer = await send(deps, secret, turned);
      expect(answer.body).toMatchObject({ accepted: 0, duplicates: 1, rejected: 0 });
      await drainAll(deps);
      const swapped = await send(deps, secret, { ...event, payload: { a: 1, b: { c: 2, d: [2, 1] } } });
      expect(swapped).toMatchObject({ status: 422, body: { errors: [{ code: "event-conflict" }] } });
    });
  });

  describe("exactly-once storage", () => {
    it("stores 1,000 events when 50 senders send the same 1,000 ids concurrently while the worker runs", async () => {
      const { clientId, secret } = await addClient(deps, "senders");
      const events = Array.from({ length: 1_000 }, (_, n) => anEvent({ event_id: `s-${n}`, payload: { n } }));
      // On a machine under load SQS may not answer a sender in time, which then retries, as clients do.
      const senders = Array.from({ length: 50 }, () => sendUntilTaken(deps, secret, { events }));
      let sending = true;
      const sent = Promise.all(senders).finally(() => {
        sending = false;
      });
      const worker = async (): Promise<void> => {
        while (sending) await workOnce(deps);
      };
      const [answers] = await Promise.all([sent, worker(), worker()]);
      await workUntilEmpty(deps);
      for (const { body } of answers) expect(body.accepted + body.duplicates).toBe(1_000);
      // With Redis an id is marked as seen in the step that accepts its event, with SQS in a later one.
      const accepted = answers.reduce((sum, { body }) => sum + body.accepted, 0);
      if (queue === "redis") expect(accepted).toBe(1_000);
      expect(await counts(deps, clientId)).toMatchObject(stored(1_000));
      await expectTidy(deps, clientId);
    });

    it("stores events once even if Redis loses every id in between", async () => {
      const { clientId, secret } = await addClient(deps, "forgetful");
      const events = someEvents(300);
      for (let round = 0; round < 4; round++) {
        expect((await send(deps, secret, events)).body.accepted).toBe(300);
        await deps.redis.del(...(await deps.redis.keys("*:seen:forgetful:*")));
      }
      await Promise.all([drainAll(deps, 1), drainAll(deps, 1)]);
      await drainAll(deps);
      expect(await counts(deps, clientId)).toMatchObject(stored(300, { accepted: 1_200, duplicates: 900 }));
      await expectTidy(deps, clientId);
    });

    it("changes nothing when a message is redelivered after its commit, or ten times at once", async () => {
      const { clientId, secret } = await addClient(deps, "again");
      await send(deps, secret, someEvents(200));
      const messages = await deps.queue.receive({ maxMessages: 10, waitMs: 0 });
      await Promise.all(Array.from({ length: 10 }, () => drain(messages, deps)));
      const after = await counts(deps, clientId);
      expect(after).toMatchObject(stored(200, { accepted: 200, duplicates: 0 }));
      const again = messages.map((message) => ({ ...message, deliveries: 2 }));
      await drain(again, deps);
      expect(await counts(deps, clientId)).toEqual(after);
      const audit = await deps.sql`SELECT FROM audit_log WHERE client_id = ${clientId}`;
      expect(audit).toHaveLength(1);
      await deps.queue.ack(messages.map(({ id }) => id));
      await expectTidy(deps, clientId);
    });

    it("stores overlapping batches of concurrent workers without a deadlock", async () => {
      const { clientId, secret } = await addClient(deps, "overlap");
      const timestamp = new Date().toISOString();
      const events = Array.from({ length: 400 }, (_, n) =>
        anEvent({ event_id: `o-${n}`, payload: {}, timestamp }),
      );
      for (let start = 0; start < 8 * 37; start += 37) {
        await send(deps, secret, { events: [...events.slice(start), ...events.slice(0, start)] });
        await deps.redis.del(...(await deps.redis.keys("*:seen:overlap:*")));
      }
      await Promise.all(Array.from({ length: 4 }, () => drainAll(deps, 1)));
      await drainAll(deps);
      expect(await counts(deps, clientId)).toMatchObject(stored(400, { accepted: 3_200, duplicates: 2_800 }));
      await expectTidy(deps, clientId);
    });
  });

  describe("a bad event", () => {
    it("goes to quarantine alone out of 1,000, with its reason", async () => {
      const { clientId, secret } = await addClient(deps, "poison");
      const events = Array.from({ length: 1_000 }, (_, n) => anEvent({ event_id: `p-${n}` }));
      await deps.sql.unsafe(`
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no such event'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.event_id = 'p-500') EXECUTE FUNCTION refuse()`);
      const { body } = await sendAndStore(deps, secret, { events });
      const set_aside = { quarantine: 1, quarantined: 1 };
      expect(await counts(deps, clientId)).toMatchObject(stored(999, { accepted: 1_000, ...set_aside }));
      const [row] =
        await deps.sql`SELECT reason, detail, receipt_id FROM quarantine WHERE client_id = ${clientId}`;
      expect(row).toEqual({ reason: "P0001", detail: "no such event", receipt_id: body.receipt_id });
      const receipt = { accepted: 1_000, stored: 999, duplicates: 0, quarantined: 1, pending: 0 };
      expect((await readReceipt(deps, secret, body.receipt_id)).body).toMatchObject(receipt);

      await deps.redis.del(...(await deps.redis.keys("*:seen:poison:*")));
      await sendAndStore(deps, secret, events[500]);
      const once = stored(999, { accepted: 1_001, duplicates: 1, ...set_aside });
      expect(await counts(deps, clientId)).toMatchObject(once);
      await deps.sql`DROP TRIGGER refuse ON events`;
      await expectTidy(deps, clientId);
    });

    it("does no harm past ingest: lines that no table accepts, and invalid messages", async () => {
      const { clientId, secret } = await addClient(deps, "smuggled");
      const good = await send(deps, secret, anEvent());
      const header = { v: 1, id: randomUUID(), at: Date.now(), audit: anAuditRow(clientId), accepted: 4 };
      const lines = [
        '["n\\u0000ul","t","2026-11-23T00:00:00Z"]\t{}',
        '["late","t","not a time"]\t{}',
        "no line",
        '["ok","t","2026-11-23T00:00:00Z"]\t{"a":1}',
      ];
      await deps.queue.send([
        { body: [JSON.stringify(header), ...lines].join("\n"), events: 4 },
        { body: "not a message", events: 0 },
      ]);
      expect((await drainOnce(deps)).failed).toHaveLength(1);
      const some = stored(2, { accepted: 5, quarantine: 3, quarantined: 3 });
      expect(await counts(deps, clientId)).toMatchObject(some);
      const reasons =
        await deps.sql`SELECT reason FROM quarantine WHERE client_id = ${clientId} ORDER BY reason`;
      expect(reasons.map(({ reason }) => reason)).toEqual(["22007", "22021", "unreadable"]);
      expect(good.status).toBe(202);
    });
  });

  it("keeps nothing in Redis of a message once its events are stored", async () => {
    const { redis, shards } = deps;
    const { stats, waiting, receipts, open } = shards.first;
    const { clientId, secret } = await addClient(deps, "tidy");
    await send(deps, secret, someEvents(2));
    expect(await redis.hget(stats, "events")).toBe("2");
    expect(await redis.hget(waiting, clientId)).toBe("2");
    await drainAll(deps);
    expect(await redis.hlen(receipts)).toBe(0);
    expect(await redis.hget(stats, "events")).toBe("0");
    expect(await redis.hget(waiting, clientId)).toBeNull();
    expect(await redis.zcard(open)).toBe(0);
    expect(await deps.queue.depth()).toMatchObject({ events: 0, oldestAgeMs: expect.any(Number) });
  });
});
