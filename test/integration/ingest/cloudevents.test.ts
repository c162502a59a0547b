/** CloudEvents on their way through the queue into the store, with the same guarantees as other events. */
import { CloudEvent, HTTP } from "cloudevents";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { getEvent, listEvents } from "../../../lib/events/contract.ts";
import { BATCHED, STRUCTURED } from "../../../lib/ingest/cloudevents/types.ts";
import { freshDeps } from "../../support/faults.ts";
import { asker } from "../../support/http/reading.ts";
import {
  type Answer,
  addClient,
  counts,
  drainAll,
  expectTidy,
  forgetSeen,
  send,
  stored,
} from "../../support/pipeline.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";

const STRUCTURED_TYPE = { "content-type": STRUCTURED };
const BATCHED_TYPE = { "content-type": BATCHED };

const outcome = ({ status, body }: Answer): unknown[] => [
  status,
  body.accepted,
  body.duplicates,
  body.rejected,
];

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  let deps: Deps;
  beforeAll(async () => {
    deps = freshDeps(await queueConfig(queue));
  });

  it.each(["binary", "structured"] as const)(
    "a message of the SDK in %s mode that is sent ten times is stored once",
    async (mode) => {
      const { clientId, secret } = await addClient(deps, mode);
      const event = new CloudEvent({
        source: "/shop",
        type: "order.placed",
        subject: "order 1",
        data: { amount: 12.5 },
      });
      const { headers, body } = HTTP[mode](event);
      const sent = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
      );
      for (let n = 0; n < 10; n++) {
        expect(outcome(await send(deps, secret, body, sent))).toEqual(
          n === 0 || n === 7 ? [202, 1, 0, 0] : [202, 0, 1, 0],
        );
        if (n === 3) await drainAll(deps);
        if (n === 6) await forgetSeen(deps, clientId);
      }
      await drainAll(deps);
      expect(await counts(deps, clientId)).toMatchObject({ events: 1, ledger: 1, quarantine: 0 });
      await expectTidy(deps, clientId);
    },
  );

  it("a batch of the SDK's events that is sent ten times is stored once", async () => {
    const { clientId, secret } = await addClient(deps, "batches");
    const events = [{ amount: 1 }, "text", Buffer.from([0, 255])].map(
      (data, n) => new CloudEvent({ source: "/shop", id: String(n), type: "order.placed", data }),
    );
    // The SDK reads batches, but makes only their events.
    const batch = `[${events.map((event) => HTTP.structured(event).body).join(",")}]`;
    expect(HTTP.toEvent({ headers: BATCHED_TYPE, body: batch })).toHaveLength(3);
    for (let n = 0; n < 10; n++) {
      const isNew = n === 0 || n === 7;
      const expected = isNew ? [202, 3, 0, 0] : [202, 0, 3, 0];
      expect(outcome(await send(deps, secret, batch, BATCHED_TYPE))).toEqual(expected);
      if (n === 3) await drainAll(deps);
      if (n === 6) await forgetSeen(deps, clientId);
    }
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject({ events: 3, ledger: 3, quarantine: 0 });
    await expectTidy(deps, clientId);
  });

  it("an event without time is stored once with the time of its first arrival, whatever Redis has forgotten", async () => {
    const { clientId, secret } = await addClient(deps, "untimed");
    const event = { specversion: "1.0", id: "1", source: "/shop", type: "order.placed", data: { amount: 1 } };
    const sendIt = (changes: object = {}) => send(deps, secret, { ...event, ...changes }, STRUCTURED_TYPE);
    const before = Date.now();
    expect(outcome(await sendIt())).toEqual([202, 1, 0, 0]);
    const after = Date.now();
    expect(outcome(await sendIt())).toEqual([202, 0, 1, 0]);
    await drainAll(deps);
    // Another one first, so that Redis has another digest and asks PostgreSQL.
    await forgetSeen(deps, clientId);
    expect(outcome(await sendIt({ data: { amount: 2 } }))).toEqual([202, 1, 0, 0]);
    expect(outcome(await sendIt())).toEqual([202, 0, 1, 0]);
    expect(await sendIt({ data: { amount: 3 } })).toMatchObject({
      body: { errors: [{ code: "event-conflict", event_id: "/shop 1" }] },
    });
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject(stored(1, { duplicates: 1 }));
    const [row] = await deps.sql`SELECT event_time, payload::text FROM events WHERE client_id = ${clientId}`;
    expect(row?.event_time.getTime()).toBeGreaterThanOrEqual(before);
    expect(row?.event_time.getTime()).toBeLessThanOrEqual(after);
    expect(row?.payload).toContain('"amount":1');
  });

  it("a batch counts repeated ids once, names what is wrong, and may be empty", async () => {
    const { clientId, secret } = await addClient(deps, "batch");
    const event = {
      specversion: "1.0",
      id: "1",
      source: "/shop",
      type: "order.placed",
      time: new Date().toISOString(),
    };
    const batch = [event, { ...event, source: "/other" }, event, { ...event, id: "2", specversion: "2.0" }];
    const answer = await send(deps, secret, batch, BATCHED_TYPE);
    expect(outcome(answer)).toEqual([202, 2, 1, 1]);
    expect(answer.body.errors).toMatchObject([{ index: 3, event_id: "/shop 2", pointer: "/specversion" }]);
    expect(outcome(await send(deps, secret, [], BATCHED_TYPE))).toEqual([202, 0, 0, 0]);
    expect(await send(deps, secret, [{}], BATCHED_TYPE)).toMatchObject({
      status: 422,
      body: { code: "no-valid-events" },
    });
    expect(await send(deps, undefined, [], BATCHED_TYPE)).toMatchObject({ status: 401 });
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject({ events: 2, ledger: 2 });
    await expectTidy(deps, clientId);
  });

  it("an event is found by its id, its source and its data, with the digits of its numbers", async () => {
    const { secret } = await addClient(deps, "reader");
    const ask = asker(deps, secret);
    const text =
      '{"specversion":"1.0","id":"a/b","source":"https://shop.example/orders?x=1","type":"order.placed","tenant":"acme","data":{"amount":12.50}}';
    const answer = await send(deps, secret, text, STRUCTURED_TYPE);
    expect(outcome(answer)).toEqual([202, 1, 0, 0]);
    await drainAll(deps);
    const found = await ask(getEvent, { params: { event_id: "https://shop.example/orders?x=1 a/b" } });
    expect(found.text).toContain(
      '"payload":{"specversion":"1.0","id":"a/b","source":"https://shop.example/orders?x=1","tenant":"acme","data":{"amount":12.50}}',
    );
    for (const where of [
      "payload.source=https://shop.example/orders?x=1",
      "payload.data.amount>12",
      "payload.tenant=acme",
    ])
      expect((await ask(listEvents, { query: { where } })).body.events).toHaveLength(1);
    expect((await ask(listEvents, { query: { where: "payload.tenant=other" } })).body.events).toEqual([]);
  });
});
