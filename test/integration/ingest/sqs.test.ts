/** What Weir guarantees with SQS (fauxqs) as its queue. */
import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { importKey } from "../../../lib/clients/keys.ts";
import * as contract from "../../../lib/events/contract.ts";
import { parseMessage } from "../../../lib/queue/message.ts";
import { drain } from "../../../lib/worker/settle-batch.ts";
import { openDoor } from "../../support/http/door.ts";
import { asker } from "../../support/http/reading.ts";
import { addClient, anEvent, counts, drainAll, expectTidy, send, stored } from "../../support/pipeline.ts";
import { padded, readReceipt, sqsIntake } from "../../support/queue/sqs-intake.ts";
import type { SqsProxy } from "../../support/servers/sqs-proxy.ts";

let deps: Deps;
let proxy: SqsProxy;

beforeAll(async () => {
  ({ deps, proxy } = await sqsIntake());
});

describe("the way from a request through SQS to a row", () => {
  it("takes 1,000 events of one request, in several messages, with one receipt", async () => {
    const { clientId, secret } = await addClient(deps, "thousand");
    const sent = await send(deps, secret, { events: padded(1_000, 700) });
    expect(sent).toMatchObject({ status: 202, body: { accepted: 1_000, duplicates: 0, rejected: 0 } });
    const id = sent.body.receipt_id;
    expect(await readReceipt(deps, secret, id)).toMatchObject({
      accepted: 1_000,
      pending: 1_000,
      completed_at: null,
    });
    expect(await deps.queue.depth()).toMatchObject({ events: 1_000 });

    const messages = await deps.queue.receive({ maxMessages: 20, waitMs: 1_000 });
    await drain(messages, deps);
    await deps.queue.ack(messages.map((message) => message.id));
    const part = messages.reduce((sum, { body }) => sum + parseMessage(body).lines.length, 0);
    expect(part).toBeLessThan(1_000);
    expect(await readReceipt(deps, secret, id)).toMatchObject({
      accepted: 1_000,
      stored: part,
      pending: 1_000 - part,
      completed_at: null,
    });

    await drainAll(deps);
    const whole = await readReceipt(deps, secret, id);
    expect(whole).toMatchObject({
      accepted: 1_000,
      stored: 1_000,
      duplicates: 0,
      quarantined: 0,
      pending: 0,
    });
    expect(whole.completed_at).not.toBeNull();
    expect(await counts(deps, clientId)).toMatchObject(stored(1_000));
    await expectTidy(deps, clientId);
  });

  it("stores characters that SQS refuses, and an event of the maximum size", async () => {
    const { clientId, secret } = await addClient(deps, "characters");
    const text = "\ufffe\uffff\ufdd0ffff 😀\u{10ffff} \u0001\u007f ß€";
    const large = anEvent({ event_id: `big-${text}`, payload: { text: "x".repeat(1_000_000) } });
    for (const body of [anEvent({ event_id: text, event_type: text, payload: { [text]: text } }), large])
      expect((await send(deps, secret, body)).body).toMatchObject({ accepted: 1 });
    await drainAll(deps);
    const rows = await deps.sql`
      SELECT event_id, event_type, payload::text FROM events WHERE client_id = ${clientId} ORDER BY length(payload::text)`;
    expect(rows).toMatchObject([
      { event_id: text, event_type: text, payload: JSON.stringify({ [text]: text }) },
      { event_id: `big-${text}` },
    ]);
    await expectTidy(deps, clientId);
  });

  it("reports an event too large for any message as not retryable", async () => {
    const { clientId, secret } = await addClient(deps, "oversize");
    // Four bytes in the request, fourteen in SQS.
    const huge = anEvent({ event_id: "huge", payload: { text: "😀".repeat(80_000) } });
    const refused = { index: 0, event_id: "huge", code: "queue-refused", retryable: false };
    const both = await send(deps, secret, { events: [huge, anEvent()] });
    expect(both).toMatchObject({ status: 202, body: { accepted: 1, rejected: 1, errors: [refused] } });
    const alone = await send(deps, secret, huge);
    expect(alone).toMatchObject({ status: 422, body: { code: "no-valid-events", errors: [refused] } });
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject(stored(1));
    await expectTidy(deps, clientId);
  });

  it("takes events of an imported key, whose client is known only after a lookup", async () => {
    await addClient(deps, "importer");
    const secret = `sk_live_${randomUUID()}`;
    await importKey(deps, "importer", secret, { scopes: ["ingest"] });
    expect(await send(deps, secret, anEvent())).toMatchObject({ status: 202, body: { accepted: 1 } });
    await drainAll(deps);
    expect(await counts(deps, "importer")).toMatchObject(stored(1));
  });

  it("puts every answer into the audit log, refused ones too", async () => {
    const { secret } = await addClient(deps, "audited");
    const slow = await addClient(deps, "slow", { rate: 1, burst: 1 });
    const reader = await addClient(deps, "reader", { scopes: ["read"] });
    await drainAll(deps);
    await deps.sql`TRUNCATE audit_log`;
    const door = openDoor(deps);
    const body = JSON.stringify(anEvent());
    const statuses = [
      (await door.post(secret, body)).status,
      (await door.post(secret, body)).status,
      (await door.post(secret, "{")).status,
      (await door.post("weir_nobody_x", body)).status,
      (await door.post(reader.secret, body)).status,
      (await door.post(slow.secret, JSON.stringify({ events: [anEvent(), anEvent()] }))).status,
    ];
    proxy.refuse(() => true);
    statuses.push((await door.post(secret, JSON.stringify(anEvent()))).status);
    expect(statuses).toEqual([202, 202, 400, 401, 403, 413, 503]);
    proxy.refuse(() => false);
    // The audit row of the 503 could not be queued either; it is in the log.
    await drainAll(deps);
    const rows = await deps.sql`SELECT status, client_id FROM audit_log ORDER BY status, at`;
    expect(rows.map(({ status }) => status)).toEqual([202, 202, 400, 401, 403, 413]);
    expect(rows.map(({ client_id }) => client_id)).toEqual([
      "audited",
      "audited",
      "audited",
      null,
      "reader",
      "slow",
    ]);
  });
});

it("shows a receipt of many parts to no other client", async () => {
  const one = await addClient(deps, "owner");
  const other = await addClient(deps, "other");
  const { body } = await send(deps, one.secret, { events: padded(50, 1_000) });
  const look = (secret: string) =>
    asker(deps, secret)(contract.getReceipt, { params: { receipt_id: body.receipt_id } });
  expect((await look(other.secret)).status).toBe(404);
  await drainAll(deps);
  expect((await look(other.secret)).status).toBe(404);
  expect((await look(one.secret)).status).toBe(200);
  expect(
    (await asker(deps, one.secret)(contract.getReceipt, { params: { receipt_id: randomUUID() } })).status,
  ).toBe(404);
});
