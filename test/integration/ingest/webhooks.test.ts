/** Webhooks on their way through the queue into the store, with the same guarantees as other events. */
import { randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { anonymous } from "../../../lib/auth/authenticate.ts";
import { createWebhook } from "../../../lib/clients/webhooks.ts";
import { createErasure } from "../../../lib/erasure/erasures.ts";
import { listQuarantine } from "../../../lib/quarantine/quarantine.ts";
import { freshDeps, readReceipt } from "../../support/faults.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { addSource, deliver, STRIPE_SECRET } from "../../support/http/webhooks.ts";
import { anEvent, counts, drainAll, expectTidy, forgetSeen, send, stored } from "../../support/pipeline.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";
import { githubDelivery, standardDelivery, stripeDelivery } from "../../support/webhooks/senders.ts";

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  let deps: Deps;
  beforeAll(async () => {
    deps = freshDeps(await queueConfig(queue));
  });
  const eventsOf = (clientId: string) => deps.sql<
    { event_id: string; event_type: string; payload: string }[]
  >`
    SELECT event_id, event_type, payload::text AS payload FROM events WHERE client_id = ${clientId} ORDER BY event_id`;
  const auditOf = async (source: string) => {
    await drainAll(deps);
    return deps.sql`
      SELECT status, client_id, key_prefix, route FROM audit_log WHERE path = ${`/v1/webhooks/${source}`}
       ORDER BY at, request_id`;
  };

  it("a delivery that is sent ten times is stored once, as it was first, whatever has changed in it", async () => {
    await addSource(deps, "ten", "stripe");
    const id = `evt_${randomUUID()}`;
    const created = Math.floor(Date.now() / 1_000) - 60;
    const attempt = (n: number) =>
      stripeDelivery(
        STRIPE_SECRET,
        { id, type: "invoice.paid", created, pending_webhooks: 10 - n },
        Date.now() - n * 1_000,
      );
    for (let n = 0; n < 10; n++) {
      const { status, body } = await deliver(deps, "ten", attempt(n));
      expect(status).toBe(202);
      expect(body).toMatchObject(n === 0 || n > 4 ? {} : { accepted: 0, duplicates: 1 });
      expect(body).toMatchObject({ rejected: 0, errors: [] });
      if (n === 4) await drainAll(deps);
      if (n === 4 || n === 7) await forgetSeen(deps, "ten");
    }
    await drainAll(deps);
    expect(await counts(deps, "ten")).toMatchObject({ events: 1, ledger: 1, quarantine: 0 });
    const [event] = await eventsOf("ten");
    expect(event).toMatchObject({ event_id: id, event_type: "invoice.paid" });
    const { body, data } = JSON.parse(event?.payload ?? "");
    expect([body, data.pending_webhooks]).toEqual([attempt(0).body, 10]);
    await expectTidy(deps, "ten");
  });

  it("deliveries sent at the same time, through two sources of a client, count once", async () => {
    const { secret } = await addSource(deps, "twice", "standard");
    const other = await createWebhook(deps, "twice", { source: "twice-2", kind: "standard" });
    const sources = [["twice", secret], ["twice-2", other.secret]] as const; // biome-ignore format: one line
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => {
        const [source, key] = sources[n % 2] as (typeof sources)[number];
        return deliver(deps, source, standardDelivery(key, { type: "a", attempt: n }, { id: "msg_same" }));
      }),
    );
    for (const { status } of answers) expect(status).toBe(202);
    await drainAll(deps);
    expect(await counts(deps, "twice")).toMatchObject({ events: 1, ledger: 1, quarantine: 0 });
    await expectTidy(deps, "twice");
  });

  it("a delivery whose id another event has is a duplicate of it", async () => {
    const { secret, key } = await addSource(deps, "mixed", "standard");
    expect((await send(deps, key, anEvent({ event_id: "shared" }))).status).toBe(202);
    if (queue === "sqs") await drainAll(deps);
    const answer = await deliver(deps, "mixed", standardDelivery(secret, { type: "a" }, { id: "shared" }));
    expect(answer).toMatchObject({ status: 202, body: { accepted: 0, duplicates: 1 } });
    await drainAll(deps);
    const [event] = await eventsOf("mixed");
    expect(event).toMatchObject({ event_id: "shared", event_type: "test.happened" });
    expect(await counts(deps, "mixed")).toMatchObject({ events: 1, quarantine: 0 });
  });

  it("a changed byte, a wrong secret or no signature is 401, recorded, and stores and costs nothing", async () => {
    const { secret } = await addSource(deps, "forged", "github", { rate: 1, burst: 2 });
    const good = await githubDelivery(secret, "push", { ref: "refs/heads/main" });
    const unsigned = Object.fromEntries(
      Object.entries(good.headers).filter(([name]) => !name.includes("signature")),
    );
    for (const bad of [
      { ...good, body: good.body.replace("main", "mean") },
      { ...good, body: Buffer.concat([Buffer.from(good.body), Buffer.from([0xff])]) },
      await githubDelivery(`${secret}x`, "push", { ref: "refs/heads/main" }),
      { ...good, headers: unsigned },
    ]) {
      const answer = await deliver(deps, "forged", bad);
      expectProblem(answer, 401, "invalid-signature");
      expect(answer.headers["www-authenticate"]).toBe('Webhook realm="weir"');
    }
    expect((await deliver(deps, "forged", good)).status).toBe(202);
    expect((await deliver(deps, "forged", good)).status).toBe(202);
    const limited = await deliver(deps, "forged", good);
    expectProblem(limited, 429, "rate-limited");
    expect(limited.headers["retry-after"]).toMatch(/^\d+$/);
    const refused = { status: 401, client_id: null, key_prefix: "webhook:forged" };
    const known = { client_id: "forged", key_prefix: "webhook:forged", route: "/v1/webhooks/{source}" };
    const rows = await auditOf("forged");
    expect(rows).toMatchObject([
      ...Array.from({ length: 4 }, () => refused),
      { ...known, status: 202 },
      { ...known, status: 202 },
      { ...known, status: 429 },
    ]);
    expect(await counts(deps, "forged")).toMatchObject(stored(1, { accepted: 1 }));
  });

  it("an unknown source is 404, a body that can't be read 400, 413 or 415", async () => {
    const { secret } = await addSource(deps, "edges", "github");
    const good = await githubDelivery(secret, "push", {});
    for (const name of ["nobody", "EDGES", "", "a b", "edges\0", "x".repeat(100)])
      expectProblem(await deliver(deps, name, good), 404, "not-found");
    const { "x-github-delivery": _, ...headers } = good.headers;
    expectProblem(await deliver(deps, "edges", { ...good, headers }), 400, "malformed-request");
    const large = await githubDelivery(secret, "push", { a: "x".repeat(1_048_576) });
    expectProblem(await deliver(deps, "edges", large), 413, "payload-too-large");
    const gzip = { ...good, headers: { ...good.headers, "content-encoding": "gzip" } };
    expectProblem(await deliver(deps, "edges", gzip), 415, "unsupported-media-type");
    const rows = await auditOf("edges");
    expect(rows.map(({ status, client_id }) => [status, client_id])).toEqual([
      [400, "edges"],
      [413, null],
      [415, null],
    ]);
  });

  it("the stored body proves the delivery later, whatever its bytes are", async () => {
    const { secret } = await addSource(deps, "proven", "standard");
    const bodies = ['{"a": 1.50, "b":"\\u00e9"}\n', "\uFEFF plain text \u2028", '{"a":"\\u0000"}', "{}"];
    for (const [n, body] of bodies.entries())
      expect((await deliver(deps, "proven", standardDelivery(secret, body, { id: `msg_${n}` }))).status).toBe(
        202,
      );
    await drainAll(deps);
    const events = await eventsOf("proven");
    expect(events).toHaveLength(bodies.length);
    for (const [n, { payload }] of events.entries()) {
      const { body, headers } = JSON.parse(payload);
      expect(body).toBe(bodies[n]);
      expect(() => new Webhook(secret).verify(body, headers, { jsonParse: false })).not.toThrow();
      expect(() => new Webhook(secret).verify(`${body} `, headers, { jsonParse: false })).toThrow(
        "signature",
      );
    }
  });

  it("what no event may be goes to quarantine, once, and says so in its receipt", async () => {
    const { secret, key } = await addSource(deps, "old", "standard");
    const payload = { type: "a", timestamp: "2001-01-01T00:00:00Z" };
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      const answer = await deliver(deps, "old", standardDelivery(secret, payload, { id: "msg_old" }));
      expect(answer.status).toBe(202);
      ids.push(answer.body.receipt_id);
    }
    await drainAll(deps);
    const { events } = await listQuarantine(deps, { client: "old", limit: 10 });
    expect(events).toMatchObject([
      {
        event_id: "msg_old",
        reason: "invalid-event",
        detail: expect.stringContaining("older than the retention"),
      },
    ]);
    const receipt = await readReceipt(deps, key, ids[0] ?? "");
    expect(receipt.body).toMatchObject({ accepted: 1, quarantined: 1, pending: 0 });
    await expectTidy(deps, "old");
  });

  it("a delivery too large for the queue's messages is 413, one that fits without its data is kept", async () => {
    const { secret } = await addSource(deps, "large", "standard");
    const of = (bytes: number, id: string) => standardDelivery(secret, { a: "x".repeat(bytes) }, { id });
    expect((await deliver(deps, "large", of(9_000, "msg_1"))).status).toBe(202);
    expect((await deliver(deps, "large", of(600_000, "msg_2"))).status).toBe(202);
    // Its JSON text has twice as many bytes, which is more than a message of SQS may have.
    const quotes = await deliver(
      deps,
      "large",
      standardDelivery(secret, '"'.repeat(1_000_000), { id: "msg_0" }),
    );
    if (queue === "sqs") expectProblem(quotes, 413, "payload-too-large");
    else expect(quotes.status).toBe(202);
    await drainAll(deps);
    const events = await eventsOf("large");
    expect(events.map(({ payload }) => Object.keys(JSON.parse(payload)).includes("data"))).toEqual(
      queue === "sqs" ? [false, false] : [false, true, false],
    );
  });

  it("a delivery of an erased subject is stored without its payload: its data has the property", async () => {
    const { secret } = await addSource(deps, "erased", "standard");
    await deliver(deps, "erased", standardDelivery(secret, { type: "a", user: "u-1" }, { id: "msg_1" }));
    const caller = { ...anonymous({ prefix: null }), clientId: "erased" };
    await createErasure(
      deps,
      { client: "erased", property: "payload.data.user", value: "u-1" },
      { caller, receivedAt: Date.now() },
    );
    await drainAll(deps);
    const [event] = await eventsOf("erased");
    expect(event?.payload).not.toContain("u-1");
  });
});
