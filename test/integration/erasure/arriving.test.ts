/** How an erasure treats payloads that are not stored yet: in the queue, in dead letters, in a worker's transaction. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { eventKey } from "../../../lib/base/ids.ts";
import { listTombstones } from "../../../lib/erasure/sql/list-tombstones.ts";
import { transaction } from "../../../lib/postgres/transaction.ts";
import { listQuarantine, redrive } from "../../../lib/quarantine/quarantine.ts";
import { drain } from "../../../lib/worker/process-batch.ts";
import {
  countFound,
  type ErasureCalls,
  erasureSystem,
  refuseEvents,
  SUBJECT,
} from "../../support/erasures.ts";
import { freshDeps } from "../../support/faults.ts";
import { segment } from "../../support/http/segment.ts";
import { runAt } from "../../support/maintenance.ts";
import {
  anEvent,
  counts,
  countWaiting,
  drainAll,
  send,
  sendAndStore,
  stored,
} from "../../support/pipeline.ts";
import { expectNothing, ids, poll, takeAll, takeOne } from "../../support/queue/queue-steps.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";

let deps: Deps;
vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps, getConnectedDeps: () => deps }));
const { handler: admin } = await import("../../../functions/admin.ts");

const of = (email: unknown) => ({ payload: { user: { email }, n: 1.5 } });
const found = (text: string): Promise<number> => countFound(deps, text);
async function payloads(): Promise<string[]> {
  const rows = await deps.sql`SELECT payload::text FROM events WHERE client_id = 'shop' ORDER BY event_id`;
  return rows.map(({ payload }) => payload);
}
const ERASED = '{"erased":true}';

describe.each(QUEUES)("an erasure with QUEUE=%s", (name) => {
  let erase: ErasureCalls["erase"];
  let look: ErasureCalls["look"];
  let secret: string;
  beforeEach(async () => {
    deps = freshDeps(await queueConfig(name, { queueMaxDeliveries: 1 }));
    ({ erase, look, secret } = await erasureSystem(deps, admin));
  });

  it("completes while a payload waits in the queue, and the payload is then stored erased", async () => {
    const events = [anEvent({ event_id: "a", ...of(SUBJECT) }), anEvent({ event_id: "b", ...of("bob") })];
    const { body: sent } = await send(deps, secret, { events });
    // SQS keeps its messages, but Weir's in-flight index is gone.
    if (name === "sqs") await deps.redis.flushdb();
    const { body } = await erase();
    expect(body).toMatchObject({ status: "completed", events_erased: 0, unsearched: { dead_letters: 0 } });
    expect((body.unsearched as { messages: number }).messages).toBeGreaterThan(0);
    await drainAll(deps);
    expect(await payloads()).toEqual([ERASED, JSON.stringify(of("bob").payload)]);
    expect(await found(SUBJECT)).toBe(0);
    expect(await counts(deps, "shop")).toMatchObject(stored(2, { accepted: 2, duplicates: 0 }));
    const receipt = await deps.sql`
      SELECT accepted, stored FROM receipts WHERE receipt_id = ${sent.receipt_id}`;
    expect(receipt).toEqual([{ accepted: 2, stored: 2 }]);
  });

  it("reports dead letters, and their payloads are stored erased after a redrive", async () => {
    await send(deps, secret, anEvent(of(SUBJECT)));
    // One message has the event, and another may have the audit row.
    const letters = await takeAll(deps.queue, (await deps.queue.depth()).messages);
    await deps.queue.fail(ids(letters));
    await poll(async () => {
      await expectNothing(deps.queue);
      return (await deps.queue.depth()).deadLetters;
    }).toBe(letters.length);
    const { body } = await erase();
    const unsearched = { messages: expect.any(Number), dead_letters: letters.length };
    expect(body).toMatchObject({ status: "completed", unsearched });
    expect(await deps.queue.redrive(100)).toBe(letters.length);
    await drainAll(deps);
    expect(await payloads()).toEqual([ERASED]);
    expect(await found(SUBJECT)).toBe(0);
    expect((await look(body.erasure_id)).body.unsearched).toEqual({ messages: 0, dead_letters: 0 });
  });

  it("does not erase later events, even of the same subject", async () => {
    await send(deps, secret, anEvent({ event_id: "before", ...of(SUBJECT) }));
    await erase();
    await send(deps, secret, anEvent({ event_id: "later", ...of(SUBJECT) }));
    // An erasure of another subject, and all in one batch.
    await erase({ client: "shop", property: "payload.user.email", value: "bob" });
    await drainAll(deps);
    expect(await payloads()).toEqual([ERASED, JSON.stringify(of(SUBJECT).payload)]);
    await runAt(deps, Date.now());
    expect(await found(SUBJECT)).toBe(1);
  });
});

describe("an erasure", () => {
  let calls: ErasureCalls;
  let secret: string;
  beforeEach(async () => {
    deps = freshDeps(await queueConfig("redis"));
    ({ secret, ...calls } = await erasureSystem(deps, admin));
  });

  it("keeps a payload, and the database's message about it, out of quarantine", async () => {
    await refuseEvents(deps);
    await send(deps, secret, anEvent({ event_id: "poison", ...of(SUBJECT) }));
    const { body } = await calls.erase();
    expect(body).toMatchObject({ status: "completed", quarantined_erased: 0 });
    await drainAll(deps);
    expect(await counts(deps, "shop")).toMatchObject({ events: 0, quarantine: 1, quarantined: 1 });
    expect(await found(SUBJECT)).toBe(0);
  });

  it("keeps an unreadable line out of quarantine, whoever its subject", async () => {
    await send(deps, secret, anEvent(of("bob")));
    const message = await takeOne(deps.queue);
    await calls.erase();
    const [header] = message.body.split("\n");
    const torn = { ...message, body: `${header}\n["torn"]\t{"user":{"email":"${SUBJECT}` };
    expect(await drain([torn], deps)).toEqual([]);
    expect(await counts(deps, "shop")).toMatchObject({ quarantine: 1, quarantined: 1 });
    expect(await found(SUBJECT)).toBe(0);
  });

  it("keeps the payload of a subject out of quarantine if its call was set aside, and that of others in it", async () => {
    for (const [messageId, email] of Object.entries({ theirs: SUBJECT, other: "bob" }))
      await segment(deps, { path: "/v1/t", key: secret, body: { messageId, user: { email } } });
    await calls.erase();
    await drainAll(deps);
    const { events } = await listQuarantine(deps, { client: "shop", limit: 10 });
    const shown = Object.fromEntries(events.map(({ event_id, payload }) => [event_id, payload]));
    expect(shown).toEqual({ theirs: ERASED, other: '{"user":{"email":"bob"},"type":"track"}' });
    expect(await found(SUBJECT)).toBe(0);
  });

  it("reaches events that a redrive of the quarantine has queued", async () => {
    await refuseEvents(deps);
    await sendAndStore(deps, secret, anEvent({ event_id: "poison", ...of(SUBJECT) }));
    expect(await redrive(deps, { limit: 10 })).toEqual({ redriven: 1 });
    expect((await calls.erase()).body).toMatchObject({ status: "completed", quarantined_erased: 1 });
    // Refused again, and then stored.
    await drainAll(deps);
    expect(await found(SUBJECT)).toBe(0);
    await deps.sql`DROP TRIGGER refuse ON events`;
    await redrive(deps, { limit: 10 });
    await drainAll(deps);
    expect(await payloads()).toEqual([ERASED]);
    expect(await counts(deps, "shop")).toMatchObject(stored(1));
    expect(await found(SUBJECT)).toBe(0);
  });

  it("does not complete before the end of a worker that started before it", async () => {
    await send(deps, secret, anEvent({ event_id: "held", ...of(SUBJECT) }));
    // The worker waits for this transaction, which has claimed the same id.
    const holder = await deps.sql.reserve();
    await holder`BEGIN`;
    await holder`
      INSERT INTO event_ledger (event_key, client_id, event_time) VALUES (${eventKey("held")}, 'shop', now())`;
    const working = drainAll(deps);
    await poll(() => countWaiting(deps)).toBe(1);
    const { body } = await calls.erase();
    expect(body).toMatchObject({ status: "waiting", completed_at: null });
    await holder`ROLLBACK`;
    holder.release();
    expect(await working).toEqual([]);
    expect(await payloads()).toEqual([JSON.stringify(of(SUBJECT).payload)]);
    expect(await runAt(deps, Date.now())).toMatchObject({ erasures_completed: 1, complete: true });
    expect((await calls.look(body.erasure_id)).body).toMatchObject({ status: "completed", events_erased: 1 });
    expect(await found(SUBJECT)).toBe(0);
  });

  it("misses nothing that workers store concurrently", async () => {
    const subjects = Array.from({ length: 6 }, (_, n) => `person-${n}@example.org`);
    for (let n = 0; n < 60; n++) {
      const events = subjects.map((email) => anEvent(of(email)));
      expect((await send(deps, secret, { events })).status).toBe(202);
    }
    const work = async (): Promise<void> => expect(await drainAll(deps, 2)).toEqual([]);
    const eraseAll = subjects
      .slice(1)
      .map((value) => calls.erase({ client: "shop", property: "payload.user.email", value }));
    const [answers] = await Promise.all([Promise.all(eraseAll), work(), work(), work()]);
    await runAt(deps, Date.now());
    for (const { body } of answers) expect((await calls.look(body.erasure_id)).body.status).toBe("completed");
    expect(await Promise.all(subjects.map(found))).toEqual([60, 0, 0, 0, 0, 0]);
    expect(await counts(deps, "shop")).toMatchObject(stored(360, { accepted: 360 }));
  });

  it.each([
    ["7", ["7", "7.00", "70e-1", '"7"', "7.01"], 3],
    ["12345678901234567890", ["12345678901234567890", "12345678901234567891"], 1],
    ["0.1000000000000000055", ["0.1000000000000000055", "0.1"], 1],
    ["1e400", ["10.0e399", "1e401"], 1],
    ["true", ["true", '"true"', "false"], 1],
    ['"é \\u0001"', ['"\\u00e9 \\u0001"', '"é"'], 1],
  ])("matches %s among %j that arrive", async (value, members, matches) => {
    for (const [n, member] of members.entries()) {
      const event = JSON.stringify(anEvent({ event_id: `e-${n}`, payload: {} }));
      await send(deps, secret, event.replace('"payload":{}', `"payload":{"v":${member}}`));
    }
    await calls.erase(`{"client":"shop","property":"payload.v","value":${value}}`);
    await drainAll(deps);
    const texts = await payloads();
    expect(texts.map((text) => text === ERASED)).toEqual(members.map((_, n) => n < matches));
  });

  it("costs a batch one index lookup, however many erasures there are", async () => {
    await deps.sql`
      INSERT INTO erasures (erasure_id, client_id, property, value, value_sha256, requested_at)
      SELECT gen_random_uuid(), 'shop', 'payload.v', '1'::json, sha256('1'), now() - n * interval '1 minute'
        FROM generate_series(1, 5000) AS n`;
    await deps.sql`ANALYZE erasures`;
    const read = await transaction(deps.sql, async (tx) => {
      const received = new Date(Date.now() + 1_000).toISOString();
      expect(await listTombstones(tx, new Map([["shop", received]]))).toEqual([]);
      const [row] = await tx`
        SELECT (seq_tup_read + idx_tup_fetch)::int AS rows FROM pg_stat_xact_user_tables WHERE relname = 'erasures'`;
      return row?.rows;
    });
    expect(read).toBeLessThan(10);
  });

  it("deletes the value's hash once nothing received before it can be shown any more", async () => {
    // Another subject's event, which stays a dead letter for longer than the retention.
    await send(deps, secret, anEvent(of("bob")));
    const letters = [await takeOne(deps.queue)];
    const { body } = await calls.erase();
    expect(body).toMatchObject({ value_sha256: expect.any(String), value_salt: expect.any(String) });
    const kept = Date.now() + deps.config.retentionDays * 86_400_000;
    await runAt(deps, kept);
    expect((await calls.look(body.erasure_id)).body.value_sha256).toBe(body.value_sha256);
    await runAt(deps, kept + 10 * 86_400_000);
    expect((await calls.look(body.erasure_id)).body).toMatchObject({ value_sha256: null, value_salt: null });
    expect(await drain(letters, deps)).toEqual([]);
    expect(await payloads()).toEqual([ERASED]);
  });
});
