/** What Weir guarantees with SQS (fauxqs) as its queue. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { importKey } from "../../../lib/clients/keys.ts";
import * as contract from "../../../lib/events/contract.ts";
import { parseMessage } from "../../../lib/queue/message.ts";
import { drain } from "../../../lib/worker/process-batch.ts";
import { someEvents } from "../../support/faults.ts";
import { ingestApi } from "../../support/http/ingest-api.ts";
import { asker } from "../../support/http/reading.ts";
import { addClient, anEvent, counts, drainAll, expectTidy, send, stored } from "../../support/pipeline.ts";
import { padded, readReceipt, sqsIntake } from "../../support/queue/sqs-intake.ts";

const { deps, proxy } = await sqsIntake();

describe("the way from a request through SQS to a row", () => {
  it("takes 1,000 events of one request, in several messages, with one receipt", async () => {
    const { clientId, secret } = await addClient(deps, "thousand");
    const sent = await send(deps, secret, { events: padded(1_000, 700) });
    expect(sent).toMatchObject({ status: 202, body: { accepted: 1_000, duplicates: 0, rejected: 0 } });
    const receipt = () => readReceipt(deps, secret, sent.body.receipt_id);
    const pending = { accepted: 1_000, pending: 1_000, completed_at: null };
    expect(await receipt()).toMatchObject(pending);
    expect(await deps.queue.depth()).toMatchObject({ events: 1_000 });

    const messages = await deps.queue.receive({ maxMessages: 20, waitMs: 1_000 });
    await drain(messages, deps);
    await deps.queue.ack(messages.map((message) => message.id));
    const part = messages.reduce((sum, { body }) => sum + parseMessage(body).lines.length, 0);
    expect(part).toBeLessThan(1_000);
    expect(await receipt()).toMatchObject({ ...pending, stored: part, pending: 1_000 - part });

    await drainAll(deps);
    const complete = { accepted: 1_000, stored: 1_000, duplicates: 0, quarantined: 0, pending: 0 };
    expect(await receipt()).toMatchObject({ ...complete, completed_at: expect.any(String) });
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
    const api = ingestApi(deps);
    const statuses: number[] = [];
    const post = async (key: string, body: string): Promise<void> =>
      void statuses.push((await api.post(key, body)).status);
    const body = JSON.stringify(anEvent());
    await post(secret, body);
    await post(secret, body);
    await post(secret, "{");
    await post("weir_nobody_x", body);
    await post(reader.secret, body);
    await post(slow.secret, JSON.stringify(someEvents(2)));
    proxy.refuse(() => true);
    await post(secret, JSON.stringify(anEvent()));
    proxy.refuse(() => false);
    expect(statuses).toEqual([202, 202, 400, 401, 403, 413, 503]);
    // The audit row of the 503 could not be queued either; it is in the log.
    await drainAll(deps);
    const rows = await deps.sql`SELECT status, client_id FROM audit_log ORDER BY status, at`;
    const entries = rows.map(({ status, client_id }) => `${status} ${client_id}`).join(", ");
    expect(entries).toBe("202 audited, 202 audited, 400 audited, 401 null, 403 reader, 413 slow");
  });
});

it("shows a receipt of many parts to no other client", async () => {
  const one = await addClient(deps, "owner");
  const other = await addClient(deps, "other");
  const { body } = await send(deps, one.secret, { events: padded(50, 1_000) });
  const look = async (secret: string, receipt_id = body.receipt_id): Promise<number> =>
    (await asker(deps, secret)(contract.getReceipt, { params: { receipt_id } })).status;
  expect(await look(other.secret)).toBe(404);
  await drainAll(deps);
  expect(await look(other.secret)).toBe(404);
  expect(await look(one.secret)).toBe(200);
  expect(await look(one.secret, randomUUID())).toBe(404);
});
