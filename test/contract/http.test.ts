/** Every call and every status of the contract, over HTTP through the emulator, checked against the API document. */
import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Stack } from "../../local/stack.ts";
import { type Checked, type CheckedApi, checkedApi } from "../support/checked-api.ts";
import { anEvent } from "../support/pipeline.ts";
import { testStack } from "../support/stack.ts";

let stack: Stack;
let api: CheckedApi;
let key: string;
let admin: string;
let redis: Redis;

beforeAll(async () => {
  stack = await testStack({ QUEUE_MAX_EVENTS: "5000" });
  api = await checkedApi(stack.url);
  ({ apiKey: key, adminKey: admin } = stack);
  redis = new Redis(stack.redisUrl);
  afterAll(() => redis.disconnect());
});

const post = (
  body: unknown,
  headers: Record<string, string> = {},
  as: string | undefined = key,
): Promise<Checked> => api.call("POST", "/v1/events", { key: as, body, headers });
const get = (path: string, as: string | undefined = key, template?: string): Promise<Checked> =>
  api.call("GET", path, { key: as }, template);

async function settled(receiptId: string): Promise<Checked> {
  const read = (): Promise<Checked> => get(`/v1/receipts/${receiptId}`, key, "/v1/receipts/{receipt_id}");
  return vi.waitFor(
    async () => {
      const receipt = await read();
      const { accepted, stored, duplicates, quarantined, pending } = receipt.body;
      expect(accepted).toBe(stored + duplicates + quarantined + pending);
      expect(receipt.body.pending).toBe(0);
      expect(receipt.body.completed_at).not.toBeNull();
      return receipt;
    },
    { timeout: 30_000, interval: 50 },
  );
}

async function newKey(client: string, body: object): Promise<{ secret: string; key_id: string }> {
  const path = `/v1/clients/${client}/keys`;
  const answer = await api.call("POST", path, { key: admin, body }, "/v1/clients/{client_id}/keys");
  expect(answer.status).toBe(201);
  return answer.body;
}

async function newClient(body: object): Promise<string> {
  const answer = await api.call("POST", "/v1/clients", { key: admin, body });
  expect(answer.status).toBe(201);
  return answer.body.client_id;
}

describe("events", () => {
  it("are accepted, stored, and read back as they were sent", async () => {
    const id = `http-${randomUUID()}`;
    const timestamp = new Date(Date.now() - 1_000).toISOString();
    const text = `{"event_id":"${id}","event_type":"http.test","timestamp":"${timestamp}","payload":{"n":12345678901234567890,"f":0.10,"ü":"😀"}}`;
    const answer = await post(text);
    expect(answer).toMatchObject({
      status: 202,
      body: { accepted: 1, duplicates: 0, rejected: 0, errors: [] },
    });
    expect(answer.headers.get("ratelimit-policy")).toBe('"default";q=20000;w=2');
    expect(answer.headers.get("ratelimit")).toMatch(/^"default";r=\d+;t=\d+$/);
    expect((await settled(answer.body.receipt_id)).body).toMatchObject({
      accepted: 1,
      stored: 1,
      duplicates: 0,
    });

    const event = await get(`/v1/events/${id}`, key, "/v1/events/{event_id}");
    expect(event.body).toMatchObject({ event_id: id, timestamp, status: "stored", client_id: "demo" });
    expect(event.text).toContain('"payload":{"n":12345678901234567890,"f":0.10,"ü":"😀"}');
    const list = await get("/v1/events?event_type=http.test&limit=1");
    expect(list.body.events).toHaveLength(1);
    expect((await post(text)).body).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it("come as one, many, lines, or gzip", async () => {
    const events = [anEvent(), anEvent(), anEvent()];
    const forms: [unknown, Record<string, string>][] = [
      [events[0], {}],
      [{ events: events.slice(0, 2) }, {}],
      [events.map((event) => JSON.stringify(event)).join("\n"), { "content-type": "application/x-ndjson" }],
      [gzipSync(JSON.stringify({ events })), { "content-encoding": "gzip" }],
    ];
    const sums = [];
    for (const [body, headers] of forms) {
      const answer = await post(body, headers);
      expect(answer.status, answer.text).toBe(202);
      sums.push([answer.body.accepted, answer.body.duplicates]);
    }
    expect(sums).toEqual([
      [1, 0],
      [1, 1],
      [1, 2],
      [0, 3],
    ]);
  });

  it("page by page, following the links, each once and newest first", async () => {
    const type = `page-${randomUUID()}`;
    const events = Array.from({ length: 25 }, (_, n) =>
      anEvent({ event_type: type, timestamp: new Date(Date.now() - (n % 7) * 60_000).toISOString() }),
    );
    await settled((await post({ events })).body.receipt_id);
    const ids: string[] = [];
    const times: string[] = [];
    let path = `/v1/events?event_type=${type}&limit=10`;
    for (let page = 0; page < 3; page++) {
      const answer = await get(path);
      for (const event of answer.body.events) {
        ids.push(event.event_id);
        times.push(event.timestamp);
      }
      path = /^<(.*)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1] ?? "";
      expect(path === "").toBe(answer.body.next_cursor === null);
    }
    expect(path).toBe("");
    expect(new Set(ids)).toEqual(new Set(events.map((event) => event.event_id)));
    expect(ids).toHaveLength(25);
    expect(times).toEqual(times.toSorted().reverse());
  });
});

describe("a request that can't be taken", () => {
  const tooMany = { events: Array.from({ length: 1_001 }, () => ({})) };
  it.each<[number, string, unknown, Record<string, string>]>([
    [400, "invalid-json", '{"event_id":', {}],
    [400, "invalid-encoding", new Uint8Array([0x7b, 0xff, 0x7d]), {}],
    [400, "invalid-encoding", "not gzip", { "content-encoding": "gzip" }],
    [413, "payload-too-large", "x".repeat(1_100_000), {}],
    [413, "payload-too-large", tooMany, {}],
    [413, "payload-too-large", gzipSync(Buffer.alloc(5_000_000, " ")), { "content-encoding": "gzip" }],
    [415, "unsupported-media-type", "a=b", { "content-type": "application/x-www-form-urlencoded" }],
    [415, "unsupported-media-type", "{}", { "content-encoding": "br" }],
    [422, "invalid-body", [], {}],
    [422, "invalid-body", { events: [] }, {}],
    [422, "no-valid-events", { events: [{}, { event_id: "x" }] }, {}],
  ])("answers %i %s", async (status, code, body, headers) => {
    expect(await post(body, headers)).toMatchObject({ status, body: { code } });
  });

  it("says what is wrong with each event", async () => {
    const { body } = await post({ events: [anEvent(), anEvent({ payload: 1 }), anEvent({ other: 1 })] });
    expect(body).toMatchObject({ accepted: 1, rejected: 2 });
    expect(body.errors).toMatchObject([
      { index: 1, code: "invalid-event", pointer: "/payload", retryable: false },
      { index: 2, code: "invalid-event", pointer: "/other", retryable: false },
    ]);
  });
});

describe("keys", () => {
  it("are refused without, unknown, expired, revoked, or without the scope", async () => {
    const client = await newClient({ name: "keys" });
    const expired = await newKey(client, { scopes: ["ingest"], expires_at: "2020-01-01T00:00:00Z" });
    const revoked = await newKey(client, { scopes: ["ingest", "read"] });
    const reader = await newKey(client, { scopes: ["read"] });
    expect((await post(anEvent(), {}, revoked.secret)).status).toBe(202);
    const path = `/v1/clients/${client}/keys/${revoked.key_id}`;
    const gone = await api.call("DELETE", path, { key: admin }, "/v1/clients/{client_id}/keys/{key_id}");
    expect(gone.status).toBe(204);

    const cases: [string, string | undefined, number][] = [
      ["missing-api-key", "", 401],
      ["invalid-api-key", "weir_demo_nonsense", 401],
      ["expired-api-key", expired.secret, 401],
      ["revoked-api-key", revoked.secret, 401],
      ["insufficient-scope", reader.secret, 403],
    ];
    for (const [code, secret, status] of cases)
      expect(await post(anEvent(), {}, secret), code).toMatchObject({ status, body: { code } });
    expect(await get("/v1/events", revoked.secret)).toMatchObject({
      status: 401,
      body: { code: "revoked-api-key" },
    });
    expect(await get("/v1/audit", reader.secret)).toMatchObject({ status: 403 });
    expect(await get("/v1/clients", key)).toMatchObject({ status: 403 });
  });

  it("see their own client's data only; an admin key sees all and can narrow", async () => {
    const client = await newClient({ name: "own" });
    const { secret } = await newKey(client, { scopes: ["ingest", "read", "audit"] });
    const event = anEvent();
    const receipt = (await post(event, {}, secret)).body.receipt_id;
    await vi.waitFor(async () => expect((await get("/v1/analytics/count", secret)).body.count).toBe(1), {
      timeout: 30_000,
    });
    const byId = `/v1/events/${event.event_id}`;
    expect((await get(byId, key, "/v1/events/{event_id}")).status).toBe(404);
    expect((await get(byId, admin, "/v1/events/{event_id}")).body.client_id).toBe(client);
    expect((await get(`/v1/receipts/${receipt}`, key, "/v1/receipts/{receipt_id}")).status).toBe(404);
    expect((await get("/v1/analytics/count?client=demo", secret)).status).toBe(403);
    expect((await get(`/v1/analytics/count?client=${client}`, admin)).body.count).toBe(1);
    const groups = await get("/v1/analytics/group?by=client,event_type", admin);
    expect(groups.body.groups).toContainEqual({ client_id: client, event_type: "test.happened", count: 1 });
    const audit = await get("/v1/audit", secret);
    expect(new Set(audit.body.entries.map((entry: { client_id: string }) => entry.client_id))).toEqual(
      new Set([client]),
    );
  });
});

describe("limits", () => {
  it("answer 429 with Retry-After when the burst is used up, the event being the unit", async () => {
    const client = await newClient({ name: "slow", rate_limit_per_second: 1, burst: 10 });
    const { secret } = await newKey(client, { scopes: ["ingest", "read"] });
    const first = await post({ events: Array.from({ length: 8 }, () => anEvent()) }, {}, secret);
    expect(first.headers.get("ratelimit-policy")).toBe('"default";q=10;w=10');
    expect(first.headers.get("ratelimit")).toBe('"default";r=2;t=8');
    const second = await post({ events: Array.from({ length: 9 }, () => anEvent()) }, {}, secret);
    expect(second).toMatchObject({ status: 429, body: { code: "rate-limited" } });
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await get("/v1/events", secret)).headers.get("ratelimit")).toMatch(/^"default";r=\d+;t=\d+$/);
  });

  it("answer 503 with Retry-After when the queue is full or takes nothing", async () => {
    // Far above the limit: the worker may still be acknowledging earlier events, which takes some off again.
    await redis.hset("weir:{0}:stats", "events", 1_000_000);
    const full = await post(anEvent());
    expect(full).toMatchObject({ status: 503, body: { code: "queue-full" } });
    expect(Number(full.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    await redis.hset("weir:{0}:stats", "events", 0);

    // What Redis answers where it has no memory left, is a read-only replica, or can't write its file is alike.
    await redis.config("SET", "min-replicas-to-write", 1);
    const away = await post(anEvent());
    await redis.config("SET", "min-replicas-to-write", 0);
    expect(away).toMatchObject({ status: 503, body: { code: "queue-unavailable" } });
    expect(Number(away.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await post(anEvent())).status).toBe(202);
  });
});

describe("unknown things", () => {
  it("get a problem document: paths 404, methods 405 with Allow, parameters 400 by name", async () => {
    expect(await get("/nowhere")).toMatchObject({ status: 404, body: { code: "not-found" } });
    const put = await api.call("PUT", "/v1/events", { key, body: {} }, "");
    expect(put).toMatchObject({ status: 405, body: { code: "method-not-allowed" } });
    expect(put.headers.get("allow")?.split(", ").toSorted()).toEqual(["GET", "POST"]);
    const wrong = await get("/v1/events?limit=0&colour=red&start=yesterday");
    expect(wrong).toMatchObject({ status: 400, body: { code: "invalid-parameter" } });
    const named = wrong.body.errors.map(({ parameter }: { parameter: string }) => parameter);
    expect(named.toSorted()).toEqual(["colour", "limit", "start"]);
    expect((await get("/v1/events?cursor=nonsense")).status).toBe(400);
    expect((await get("/v1/receipts/nonsense", key, "/v1/receipts/{receipt_id}")).status).toBe(404);
    expect((await get("/v1/clients/nobody", admin, "/v1/clients/{client_id}")).status).toBe(404);
  });

  it("have their page at the problem's type", async () => {
    const page = await get("/docs/errors/rate-limited", undefined, "/docs/errors/{code}");
    expect(page.text).toContain("`rate-limited` — HTTP status 429.");
    expect((await get("/docs/errors/nonsense", undefined, "/docs/errors/{code}")).status).toBe(404);
  });
});

describe("the rest of the calls", () => {
  it("answer as the document says", async () => {
    for (const path of ["/v1/analytics/count", "/v1/analytics/group?by=event_type", "/v1/analytics/latency"])
      expect((await get(path)).status, path).toBe(200);
    expect((await get("/v1/analytics/group")).status).toBe(400);
    expect((await get("/v1/pipeline")).status).toBe(200);
    expect((await get("/health", undefined)).body).toMatchObject({ status: "ok" });
    expect((await get("/health/live", undefined)).status).toBe(200);
    expect((await get("/health/history", undefined)).status).toBe(200);
    expect((await get("/v1/clients", admin)).status).toBe(200);
    expect((await get("/v1/quarantine", admin)).status).toBe(200);
    const redrive = await api.call("POST", "/v1/quarantine/redrive", { key: admin, body: {} });
    expect(redrive).toMatchObject({ status: 202, body: { redriven: 0 } });
    const client = await newClient({ name: "changes" });
    const one = `/v1/clients/${client}`;
    const change = await api.call(
      "PATCH",
      one,
      { key: admin, body: { burst: 5 } },
      "/v1/clients/{client_id}",
    );
    expect(change).toMatchObject({ status: 200, body: { burst: 5 } });
    expect((await get(one, admin, "/v1/clients/{client_id}")).body).toEqual(change.body);
    const bad = await api.call("PATCH", one, { key: admin, body: { colour: 1 } }, "/v1/clients/{client_id}");
    expect(bad).toMatchObject({ status: 422, body: { code: "invalid-body" } });
    const keys = await get(`${one}/keys`, admin, "/v1/clients/{client_id}/keys");
    expect(keys.body).toEqual({ keys: [] });
  });

  it("have all been answered well at least once by now", async () => {
    await get("/openapi.json", undefined);
    const missing = Object.values(api.document.paths)
      .flatMap((methods) => Object.values(methods))
      .filter(({ operationId, responses }) => {
        const good = Object.keys(responses).filter((status) => status.startsWith("2"));
        return !good.some((status) => api.seen.has(`${operationId} ${status}`));
      });
    expect(missing.map(({ operationId }) => operationId)).toEqual([]);
  });

  it("are all in the audit log, once each, whatever came of them", async () => {
    const marker = `audit-${randomUUID()}`;
    const headers = { "user-agent": marker };
    const calls: [string, string, number][] = [
      ["GET", "/v1/events", 200],
      ["GET", "/v1/events/none", 404],
      ["GET", "/nowhere", 404],
      ["DELETE", "/v1/events", 405],
      ["GET", "/health", 200],
      ["POST", "/v1/events", 415],
      ["GET", "/v1/audit", 403],
    ];
    for (const [method, path, status] of calls)
      expect(
        (await fetch(`${stack.url}${path}`, { method, headers: { ...headers, "x-api-key": key } })).status,
      ).toBe(status);
    const unknown = await fetch(`${stack.url}/v1/events`, { headers });
    expect(unknown.status).toBe(401);
    await vi.waitFor(
      async () => {
        const { body } = await get("/v1/audit?limit=1000", admin);
        const mine = body.entries.filter((entry: { user_agent: string }) => entry.user_agent === marker);
        const rows = mine.map(({ method, path, status }: Record<string, unknown>) => [method, path, status]);
        expect(rows.toSorted()).toEqual([...calls, ["GET", "/v1/events", 401]].toSorted());
        expect(mine[0]).toMatchObject({ address: "127.0.0.1" });
      },
      { timeout: 30_000, interval: 100 },
    );
  });
});
