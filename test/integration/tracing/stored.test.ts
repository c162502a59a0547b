/** A sender's trace context reaches the stored event, without an SDK, by either queue. */
import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { eventKey } from "../../../lib/base/ids.ts";
import * as events from "../../../lib/events/contract.ts";
import * as exports from "../../../lib/events/export-contract.ts";
import { redrive } from "../../../lib/quarantine/quarantine.ts";
import { parseMessage } from "../../../lib/queue/message.ts";
import type { Message } from "../../../lib/queue/port.ts";
import { drain } from "../../../lib/worker/process-batch.ts";
import { refuseEvents } from "../../support/erasures.ts";
import { freshDeps } from "../../support/faults.ts";
import { parseCsv } from "../../support/http/csv.ts";
import { type Ask, asker } from "../../support/http/reading.ts";
import { addClient, anEvent, drainAll, send } from "../../support/pipeline.ts";
import { poll } from "../../support/queue/queue-steps.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";
import { aTraceparent } from "../../support/tracing/traceparent.ts";

const CLIENT = "shop";

describe.each(QUEUES)("a trace context with QUEUE=%s", (queue) => {
  let deps: Deps;
  let secret: string;
  let ask: Ask;
  beforeAll(async () => {
    deps = freshDeps(await queueConfig(queue, { queueMaxDeliveries: 1 }));
    ({ secret } = await addClient(deps, CLIENT));
    ask = asker(deps, secret);
    await refuseEvents(deps);
  });

  const shown = async (eventId: unknown): Promise<Record<string, unknown>> =>
    (await ask(events.getEvent, { params: { event_id: String(eventId) } })).body;
  const traceparentOf = async (eventId: unknown): Promise<unknown> => (await shown(eventId)).traceparent;
  const sendTraced = (body: unknown, headers: Record<string, string>) => send(deps, secret, body, headers);
  const waiting = (): Promise<Message[]> => deps.queue.receive({ maxMessages: 100, waitMs: 1_000 });
  /** Stores the waiting messages, and returns them. */
  const storeWaiting = async (): Promise<Message[]> => {
    const messages = await waiting();
    expect(await drain(messages, deps)).toEqual([]);
    await deps.queue.ack(messages.map(({ id }) => id));
    return messages;
  };

  it("is that of the sender, in every way to read the event", async () => {
    const traceparent = aTraceparent();
    const [event, other] = [
      anEvent({ event_type: `read-${queue}` }),
      anEvent({ event_type: `read-${queue}` }),
    ];
    await sendTraced({ events: [event] }, { traceparent });
    await sendTraced(other, {});
    await drainAll(deps);
    expect(await shown(event.event_id)).toMatchObject({ event_id: event.event_id, traceparent });
    expect(await shown(other.event_id)).not.toHaveProperty("traceparent");
    const query = { event_type: `read-${queue}` };
    const { body } = await ask(events.listEvents, { query });
    const listed = (body.events as Record<string, unknown>[]).map((one) => [one.event_id, one.traceparent]);
    expect(new Map(listed as [unknown, unknown][])).toEqual(
      new Map([
        [event.event_id, traceparent],
        [other.event_id, undefined],
      ]),
    );
    const csv = parseCsv((await ask(exports.exportEvents, { query: { ...query, format: "csv" } })).text);
    const column = csv[0]?.indexOf("traceparent") ?? -1;
    expect(
      csv
        .slice(1)
        .map((row) => row[column])
        .toSorted(),
    ).toEqual(["", traceparent]);
  });

  it("is in each message of a request once, with tracestate", async () => {
    const traceparent = aTraceparent();
    // With SQS, several messages.
    const many = Array.from({ length: 60 }, () => anEvent({ payload: { text: "x".repeat(1_000) } }));
    await sendTraced({ events: many }, { traceparent, tracestate: "vendor=1" });
    const messages = await storeWaiting();
    const carriers = messages.filter(({ body }) => (parseMessage(body).header.accepted ?? 0) > 0);
    expect(carriers.length).toBeGreaterThanOrEqual(queue === "sqs" ? 3 : 1);
    for (const { body } of carriers) {
      expect(parseMessage(body).header).toMatchObject({ traceparent, tracestate: "vendor=1" });
      expect(body.split(traceparent)).toHaveLength(2);
    }
    for (const { event_id } of many) expect(await traceparentOf(event_id)).toBe(traceparent);
  });

  it("is ignored if it is invalid or too long, and the events are accepted", async () => {
    const state = "v=".padEnd(600, "x");
    for (const headers of [
      { traceparent: "00-00000000000000000000000000000000-b7ad6b7169203331-01" },
      { traceparent: `${aTraceparent()}-more` },
      { traceparent: "x".repeat(9_000) },
      { traceparent: aTraceparent(), tracestate: state },
      { tracestate: "vendor=1" },
    ]) {
      const event = anEvent();
      expect(await sendTraced(event, headers)).toMatchObject({ status: 202, body: { accepted: 1 } });
      for (const { body } of await storeWaiting()) expect(body).not.toContain(state);
      expect(await shown(event.event_id)).toMatchObject({ event_id: event.event_id });
      const isValid = headers.traceparent?.length === 55 && "tracestate" in headers;
      expect(await traceparentOf(event.event_id)).toBe(isValid ? headers.traceparent : undefined);
    }
  });

  it("is that of the first copy, which a repetition neither changes nor conflicts with", async () => {
    const [first, second] = [aTraceparent(), aTraceparent()];
    const event = anEvent();
    await sendTraced(event, { traceparent: first });
    expect((await sendTraced(event, { traceparent: second })).body).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
    await drainAll(deps);
    expect(await traceparentOf(event.event_id)).toBe(first);
    // Redis has forgotten the id, so the ledger decides.
    await deps.redis.del(...(await deps.redis.keys("*:seen:*")));
    expect((await sendTraced(event, { traceparent: second })).body).toMatchObject({
      accepted: 1,
      errors: [],
    });
    await drainAll(deps);
    expect(await traceparentOf(event.event_id)).toBe(first);
  });

  it("survives dead letters and their redrive", async () => {
    const traceparent = aTraceparent();
    const event = anEvent();
    await sendTraced(event, { traceparent });
    const ids = (await waiting()).map(({ id }) => id);
    await deps.queue.fail(ids);
    await poll(async () => {
      await deps.queue.receive({ maxMessages: 100, waitMs: 0 });
      return (await deps.queue.depth()).deadLetters;
    }).toBe(ids.length);
    expect(await deps.queue.redrive(100)).toBe(ids.length);
    await drainAll(deps);
    expect(await traceparentOf(event.event_id)).toBe(traceparent);
  });

  it("survives quarantine and its redrive", async () => {
    const traceparent = aTraceparent();
    const event = anEvent({ event_id: `poison-${randomUUID()}` });
    const other = anEvent({ event_id: `poison-${randomUUID()}` });
    await sendTraced(event, { traceparent });
    await sendTraced(other, {});
    await drainAll(deps);
    expect(await shown(event.event_id)).toMatchObject({ status: "quarantined", traceparent });
    expect(await shown(other.event_id)).toMatchObject({ status: "quarantined" });
    expect(await traceparentOf(other.event_id)).toBeUndefined();
    await deps.sql`ALTER TABLE events DISABLE TRIGGER refuse`;
    const keys = [event, other].map(({ event_id }) => eventKey(String(event_id)));
    await redrive(deps, { client: CLIENT, event_keys: keys, limit: 10 });
    await drainAll(deps);
    await deps.sql`ALTER TABLE events ENABLE TRIGGER refuse`;
    expect(await shown(event.event_id)).toMatchObject({ status: "stored", traceparent });
    expect(await shown(other.event_id)).toMatchObject({ status: "stored" });
    expect(await traceparentOf(other.event_id)).toBeUndefined();
  });

  it.each([
    ["an earlier version, without any", {}],
    ["a damaged header", { traceparent: "00-xyz" }],
    ["a header of another type", { traceparent: { a: 1 }, tracestate: 5 }],
  ])("is none in a message of %s", async (_, fields) => {
    const { event_id: id, event_type: type, timestamp } = anEvent();
    const header = { v: 1, id: randomUUID(), at: Date.now(), client: CLIENT, accepted: 1, ...fields };
    const body = `${JSON.stringify(header)}\n${JSON.stringify([id, type, timestamp])}\t{}`;
    await deps.queue.send([{ body, events: 1, group: CLIENT }]);
    await drainAll(deps);
    expect(await shown(id)).toMatchObject({ event_id: id });
    expect(await traceparentOf(id)).toBeUndefined();
  });
});
