/** One system, whose functions each have their own database user: every operation and every part of the work succeeds. */
import { randomUUID } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it, vi } from "vitest";
import { operations } from "../../../lib/app/operations.ts";
import { standIn } from "../../../lib/aws/endpoint.ts";
import { uuidv7 } from "../../../lib/base/ids.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import * as segment from "../../../lib/ingest/segment/contract.ts";
import { toLine } from "../../../lib/queue/message.ts";
import type { Message } from "../../../lib/queue/port.ts";
import { FUNCTION_USERS, userName } from "../../../lib/storage/users.ts";
import { testArchive, withArchive } from "../../support/archive.ts";
import { aCall, sealCalls, signingKey } from "../../support/audit/trail.ts";
import { databaseUsers, ownedDatabase } from "../../support/database-users.ts";
import { countFound, refuseEvents } from "../../support/erasures.ts";
import { freshDeps } from "../../support/faults.ts";
import { functionsAsUsers } from "../../support/functions-as-users.ts";
import { expectTidy, runAt } from "../../support/maintenance.ts";
import { addClient, anAuditRow, anEvent, counts, stored } from "../../support/pipeline.ts";
import { sqsEvent } from "../../support/queue/sqs-event.ts";
import { sqsServer } from "../../support/servers/sqs.ts";
import { standardDelivery } from "../../support/webhooks/senders.ts";

/** The owner's, to prepare and to check. */
const deps = await ownedDatabase();
const { config, sql } = deps;
await refuseEvents(deps);
const { secret: adminKey } = await addClient(deps, "admin", { scopes: ["admin"] });
const { database, urlOf } = await databaseUsers(deps);
const { call, called, invoke } = await functionsAsUsers(config, urlOf, adminKey);

const SUBJECT = "ada@example.org";
const ADDRESS = "192.0.2.77";
let key = "";
let keyId = "";
const now = Date.now();
const poison = `poison-${randomUUID()}`;
const first = anEvent({ payload: { n: 1, user: SUBJECT } });
const other = anEvent({ payload: { n: 2, user: "bob" } });

/** Runs for a moment: the function reserves 20 s. */
const drain = () => invoke("drain", {}, 20_500);

/** A message as an instance of ingest would have sent it an hour ago, which also could not queue an audit row. */
function oldMessage(): Message {
  const at = now - 3_600_000;
  const audit = { ...anAuditRow("shop"), address: ADDRESS };
  const header = { v: 1, id: uuidv7(at), at, audit, accepted: 1, unqueued: [uuidv7(at)] };
  const line = toLine({
    eventId: "late",
    eventType: "test.happened",
    timestamp: new Date(at).toISOString(),
    payload: JSON.stringify({ user: SUBJECT }),
  });
  return { id: "1-0", body: `${JSON.stringify(header)}\n${line}`, deliveries: 1, sentAt: at };
}

/** Puts an event into quarantine, as if it had been refused. */
const setAside = (user: string) => sql`
  INSERT INTO quarantine (client_id, event_key, event, reason, detail, received_at, receipt_id)
  VALUES ('shop', ${randomUUID()}, ${Buffer.from(`["q","t","2026-01-01T00:00:00Z"]\t{"user":"${user}"}`)}, 'odd', 'odd',
          ${new Date(now)}, ${randomUUID()})`;

const work = (message: Message) => invoke("worker", sqsEvent([message]));
const settledAll = { batchItemFailures: [], untried: [] };

describe("with a database user for each function", () => {
  afterAll(() => void vi.unstubAllEnvs());

  it("an administrator manages clients and keys", async () => {
    await call("createClient", { body: { client_id: "shop", name: "Shop" } });
    const params = { client_id: "shop" };
    expect((await call("getClient", { params })).body).toMatchObject({ name: "Shop" });
    expect((await call("changeClient", { params, body: { burst: 99_999 } })).body).toMatchObject({
      burst: 99_999,
    });
    expect((await call("listClients")).body.clients).toHaveLength(2);
    const made = (await call("createKey", { params, body: { scopes: ["ingest", "read"] } })).body;
    key = String(made.secret);
    keyId = String(made.key_id);
    expect((await call("listKeys", { params })).body.keys).toMatchObject([{ key_id: keyId }]);
  });

  it("events are accepted, stored and quarantined, and a conflict is recognised", async () => {
    const events = [first, other, anEvent({ event_id: poison })];
    const { body } = await call("sendEvents", { key, body: { events } });
    expect(body).toMatchObject({ accepted: 3, duplicates: 0 });
    await drain();
    expect(await counts(deps, "shop")).toMatchObject(stored(2, { quarantine: 1, quarantined: 1 }));
    const receipt = await call("getReceipt", { key, params: { receipt_id: body.receipt_id } });
    expect(receipt.body).toMatchObject({ stored: 2, quarantined: 1, pending: 0 });
    const again = { events: [{ ...first, payload: { n: 3 } }, other, anEvent()] };
    const { body: second } = await call("sendEvents", { key, body: again });
    expect(second).toMatchObject({ accepted: 1, duplicates: 1, errors: [{ code: "event-conflict" }] });
    await drain();
    const [used] = await sql`SELECT last_used_at FROM api_keys WHERE key_id = ${keyId}`;
    expect(used?.last_used_at).toBeInstanceOf(Date);
  });

  it("every question is answered", async () => {
    const of = (query: Record<string, string> = {}) => ({ key, query });
    const { body: one } = await call("getEvent", { key, params: { event_id: String(first.event_id) } });
    expect(one).toMatchObject({ status: "stored", payload: first.payload });
    const { body: aside } = await call("getEvent", { key, params: { event_id: poison } });
    expect(aside).toMatchObject({ status: "quarantined" });
    expect((await call("listEvents", of())).body.events).toHaveLength(3);
    expect((await call("listEvents", of({ event_id: String(first.event_id) }))).body.events).toHaveLength(1);
    const feed = await call("listEvents", of({ order: "asc" }));
    expect(feed.body.events).toHaveLength(3);
    const after = String(feed.body.next_cursor);
    expect((await call("listEvents", of({ order: "asc", after, wait: "1" }))).body.events).toEqual([]);
    expect((await call("listEvents", of({ order: "asc", after: "latest" }))).body.events).toEqual([]);
    expect((await call("exportEvents", of())).text.trim().split("\n")).toHaveLength(3);
    const start = new Date(now - 3_600_000).toISOString();
    expect((await call("countEvents", of())).body).toMatchObject({ count: 3, source: "rollup" });
    expect((await call("countEvents", of({ start }))).body).toMatchObject({ count: 3, source: "mixed" });
    expect((await call("countEvents", { query: { where: "payload.n=1" } })).body).toMatchObject({ count: 2 });
    expect((await call("groupEvents", { query: { by: "client" } })).body.groups).toHaveLength(1);
    const sum = of({ measure: "sum", property: "payload.n" });
    expect((await call("countEvents", sum)).body).toMatchObject({ value: "4", numbers: 3 });
    expect((await call("getSeries", of({ interval: "day" }))).body.series).not.toHaveLength(0);
    expect((await call("getLatency", of({ start }))).body).toMatchObject({ count: 3 });
    expect((await call("getTop", of({ property: "payload.user" }))).body.values).toHaveLength(2);
    expect((await call("getUniques", of({ property: "payload.user" }))).body).toMatchObject({ count: 2 });
    const steps = [{ event_type: "test.happened" }, { event_type: "test.happened" }];
    const funnel = { steps, key: "payload.user", window_seconds: 60 };
    expect((await call("getFunnel", { key, body: funnel })).body.steps).toMatchObject([
      { count: 2 },
      { count: 0 },
    ]);
    const asked = { kind: "top", property: "payload.user", event_type: "test.happened" };
    const query = (await call("createQuery", { key, body: asked })).body;
    const params = { query_id: String(query.query_id) };
    expect((await call("getQuery", { key, params })).body).toMatchObject({
      status: "completed",
      result: { events: 2 },
    });
    expect((await call("listQueries", { key })).body.queries).toHaveLength(1);
    await call("deleteQuery", { key, params });
    const chains = (await call("createQuery", { key, body: { kind: "funnel", ...funnel } })).body;
    const query_id = String(chains.query_id);
    expect((await call("getQuery", { key, params: { query_id } })).body).toMatchObject({
      status: "completed",
      result: { steps: [{ count: 2 }, { count: 0 }] },
    });
    expect((await call("getPipeline", { key })).body).toMatchObject({
      stored: 3,
      quarantined: 1,
      pending: 0,
    });
  });

  it("meters are declared, filled, added to, read and deleted", async () => {
    const meter = { client_id: "shop", name: "total", event_type: "test.happened", value: "payload.n" };
    const body = { ...meter, dimensions: [{ name: "user", property: "payload.user" }], uniques: true };
    expect((await call("createMeter", { body })).body).toMatchObject({ state: "complete" });
    const params = { meter: "total" };
    const asked = { key, query: { meter: "total", measure: "sum" } };
    const before = (await call("countEvents", asked)).body;
    expect(before).toMatchObject({ count: 3, value: "4", source: "rollup" });
    const uniques = await call("countEvents", { key, query: { meter: "total", measure: "uniques" } });
    expect(uniques.body).toMatchObject({ count: 3, method: "hyperloglog" });
    expect((await call("getMeter", { key, params })).body).toMatchObject({ name: "total" });
    expect((await call("listMeters", { key })).body.meters).toHaveLength(1);
    await call("createMeter", { body: { ...body, name: "doomed" } });
    await call("deleteMeter", { params: { meter: "doomed" }, query: { client: "shop" } });
  });

  it.each([
    ["sendEvents", () => ({ key, body: other })],
    ["getPipeline", () => ({ key })],
    ["listAudit", () => ({})],
    ["listClients", () => ({})],
  ] as const)("%s reads its key from PostgreSQL if Redis does not know it", async (name, asked) => {
    const names = await deps.redis.keys("*:key:*");
    expect(names).not.toEqual([]);
    await deps.redis.del(names);
    await call(name, asked());
  });

  it("a redrive stores what PostgreSQL now accepts", async () => {
    await drain();
    expect((await call("listQuarantine")).body.events).toHaveLength(1);
    const redrive = async () => (await call("redriveQuarantine", { body: {} })).body;
    expect(await redrive()).toMatchObject({ redriven: 1 });
    await drain();
    expect(await counts(deps, "shop")).toMatchObject({ quarantine: 1 });
    await sql`DROP TRIGGER refuse ON events`;
    expect(await redrive()).toMatchObject({ redriven: 1 });
    await drain();
    expect(await counts(deps, "shop")).toMatchObject(stored(4, { quarantine: 0 }));
  });

  it("an erasure reaches what is stored, quarantined and still arriving", async () => {
    await setAside(SUBJECT);
    const body = { client: "shop", property: "payload.user", value: SUBJECT };
    const { body: erasure } = await call("createErasure", { body });
    expect(erasure).toMatchObject({ status: "completed", events_erased: 1, quarantined_erased: 1 });
    await call("getErasure", { params: { erasure_id: String(erasure.erasure_id) } });
    expect((await call("listErasures")).body.erasures).toHaveLength(1);
    // Delivered twice: the second time, receipt and audit entry exist.
    const late = oldMessage();
    for (const deliveries of [1, 2]) expect(await work({ ...late, deliveries })).toEqual(settledAll);
    expect(await counts(deps, "shop")).toMatchObject({ events: 5 });
    expect(await countFound(deps, SUBJECT)).toBe(0);
  });

  it("the worker records a health check that came through the queue", async () => {
    const at = now - 60_000;
    const health = { at: new Date(at).toISOString(), status: "unavailable", checks: {} };
    const body = JSON.stringify({ v: 1, id: uuidv7(at), at, health });
    expect(await work({ id: "2-0", body, deliveries: 1, sentAt: at })).toEqual(settledAll);
  });

  it("health is checked, recorded and listed", async () => {
    await invoke("health", { source: "aws.events" });
    const { body } = await call("getHealth");
    expect(body).toMatchObject({
      status: "ok",
      checks: { database: { status: "up" } },
      partitions: { default_rows: 0 },
      audit: { missing: 1 },
      settings: { database: { unknown: [] } },
    });
    await call("getLiveness");
    expect((await call("getHealthHistory")).body).toMatchObject({ checked: 2, unhealthy: 1 });
    expect((await call("getPipeline")).body).toMatchObject({ audit: { missing: 1 } });
  });

  it("checkpoints are signed and copied", async () => {
    const endpoint = await sqsServer();
    const client = new S3Client({ region: "us-east-1", forcePathStyle: true, ...standIn(endpoint) });
    await client.send(new CreateBucketCommand({ Bucket: "weir-checkpoints" }));
    client.destroy();
    const pem = signingKey().privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const settings = {
      DATABASE_URL: urlOf("checkpoint"),
      REDIS_URL: config.redisUrl,
      LOG_LEVEL: "SILENT",
      AUDIT_SIGNING_KEY: pem,
      AUDIT_CHECKPOINT_BUCKET: "weir-checkpoints",
      S3_ENDPOINT: endpoint,
    };
    for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
    expect(await invoke("checkpoint")).toEqual({ busy: false, checkpoint: 1, copied: 1 });
  });

  it("the audit trail is listed, exported, proved and verified", async () => {
    await call("getOwnKey");
    await call("getOpenApi");
    await call("getErrorPage", { params: { code: "not-found" } });
    await drain();
    const entries = (await call("listAudit", { query: { address: ADDRESS } })).body.entries as {
      request_id: string;
    }[];
    expect(entries).toHaveLength(1);
    expect((await call("exportAudit")).text).not.toBe("");
    expect((await call("followAudit")).text).toContain('"class_uid":6003');
    expect((await call("verifyAudit")).body).toMatchObject({ valid: true });
    expect((await call("listCheckpoints")).text).not.toBe("");
    await call("getProof", { params: { request_id: entries[0]?.request_id ?? "" } });
  });

  it("who called is erased, in each day's partition and in DEFAULT", async () => {
    await sealCalls(deps, [aCall(now - 90 * DAY_MS, { address: ADDRESS })]);
    await drain();
    const { body } = await call("eraseAudit", { body: { address: ADDRESS, client: "shop" } });
    expect(body).toMatchObject({ erased: 2, complete: true });
    expect(await countFound(deps, ADDRESS)).toBe(0);
    const one = await call("eraseAudit", { body: { request_id: uuidv7(now) } });
    expect(one.body).toMatchObject({ erased: 0 });
  });

  it("maintenance completes erasures, and makes, fills, analyzes and drops partitions", async () => {
    await setAside("bob");
    await sql`
      INSERT INTO erasures (erasure_id, client_id, property, value, value_sha256)
      VALUES (${randomUUID()}, 'shop', 'payload.user', '"bob"', sha256('x'))`;
    vi.stubEnv("DATABASE_URL", urlOf("maintenance"));
    expect(await invoke("maintenance")).toMatchObject({
      complete: true,
      erasures_completed: 1,
      partitions_made: [expect.stringMatching(/^audit_log_/)],
    });
    expect(await countFound(deps, "bob")).toBe(0);
    await sql`UPDATE events SET payload = '{"n":2}' WHERE event_id = ${String(other.event_id)}`;
    const archive = await testArchive();
    const maintenance = withArchive(freshDeps({ ...config, databaseUrl: urlOf("maintenance") }), archive);
    // Before anything expires, and then with an erasure that the administrator's function begins.
    const week = now + 7 * DAY_MS;
    expect((await runAt(maintenance, week)).archived).toMatchObject({ days: expect.any(Number), events: 5 });
    const request = { client: "shop", property: "payload.n", value: 2 };
    const { body: waiting } = await call("createErasure", { body: request });
    expect(waiting).toMatchObject({ status: "running" });
    expect(await runAt(maintenance, week)).toMatchObject({
      complete: true,
      erasures_completed: 1,
      archived: { erased_files: 1 },
    });
    const later = now + 450 * DAY_MS;
    const { partitions_made: made, deleted } = await runAt(maintenance, later);
    expect(made.filter((name) => name.startsWith("events_"))).not.toEqual([]);
    expect(deleted).toMatchObject({
      ledger: 5,
      partitions: expect.arrayContaining([expect.stringMatching(/^events_/)]),
    });
    // Days of the audit log are dropped when a checkpoint says that they have expired.
    expect(await invoke("checkpoint")).toMatchObject({ checkpoint: 2 });
    const last = await runAt(maintenance, later);
    expect(last.deleted.partitions).toContainEqual(expect.stringMatching(/^audit_log_/));
    expect(last).toMatchObject({ complete: true });
    await expectTidy(deps);
  });

  it("a revoked key is refused", async () => {
    await call("revokeKey", { params: { client_id: "shop", key_id: keyId } });
    const refused = call("sendEvents", { key, body: anEvent() });
    await expect(refused).rejects.toThrow("revoked-api-key");
  });

  it("calls of Segment are stored, and set aside if they are invalid", async () => {
    await call("createClient", {
      body: { client_id: "segment", name: "S", origins: ["https://shop.example"] },
    });
    const made = await call("createKey", { params: { client_id: "segment" }, body: { scopes: ["ingest"] } });
    const secret = String(made.body.secret);
    await deps.redis.del(await deps.redis.keys("*:key:*"));
    expect((await call("getSettings", { params: { write_key: secret } })).body).toHaveProperty(
      "integrations",
    );
    const names = Object.keys(segment).filter((name) => name !== "getSettings");
    for (const name of names) {
      const valid = {
        messageId: name,
        userId: "u",
        event: "e",
        groupId: "g",
        previousId: "p",
        type: "track",
      };
      const isBatch = /Batch|Import/.test(name);
      await call(name, { key: secret, body: isBatch ? { batch: [valid] } : valid });
    }
    await call("sendTrack", { key: secret, body: { messageId: "invalid", userId: "u" } });
    const record = { body: { stringValue: "started" } };
    await call("sendLogs", {
      key: secret,
      body: { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] },
    });
    await drain();
    expect(await counts(deps, "segment")).toMatchObject(
      stored(names.length + 1, { quarantine: 1, quarantined: 1, accepted: names.length + 2 }),
    );
  });

  it("webhooks are received, and their secrets replaced", async () => {
    const params = { client_id: "segment", source: "main" };
    const body = { source: "main", kind: "standard" };
    const made = (await call("createWebhook", { params, body })).body;
    const added = (await call("addWebhookSecret", { params, body: {} })).body;
    const [first] = made.secrets as { secret_id: string }[];
    await call("removeWebhookSecret", { params: { ...params, secret_id: first?.secret_id ?? "" } });
    expect((await call("listWebhooks", { params })).body.webhooks).toMatchObject([{ source: "main" }]);
    // As after Redis has lost them: ingest reads the source, its secrets and its key.
    for (const kind of ["key", "webhook"]) await deps.redis.del(await deps.redis.keys(`*:${kind}:*`));
    const sent = standardDelivery(String(added.secret), { type: "a" }, { id: "msg_users" });
    await call("receiveWebhook", { params, headers: sent.headers, text: sent.body });
    await call("deleteWebhook", { params });
    await drain();
    expect(await counts(deps, "segment")).toMatchObject({ quarantine: 1 });
    const [event] = await sql`SELECT event_type FROM events WHERE event_id = 'msg_users'`;
    expect(event?.event_type).toBe("a");
  });

  it("each operation has been called, and each function has used its own login", async () => {
    // Web sends its audit rows to the queue, and needs no connection.
    const needed = Object.entries(operations).filter(([, { function: fn }]) => fn !== "web");
    expect([...called]).toEqual(expect.arrayContaining(needed.map(([name]) => name)));
    const rows = await sql<{ name: string }[]>`
      SELECT DISTINCT usename AS name FROM pg_stat_activity
       WHERE datname = current_database() AND starts_with(usename, ${database})`;
    const users = FUNCTION_USERS.filter((fn) => fn !== "web").map((fn) => userName(database, fn));
    expect(rows.map(({ name }) => name).sort()).toEqual(users.sort());
  });
});
