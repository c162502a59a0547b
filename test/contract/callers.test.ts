/** Keys, scopes and limits, over HTTP, checked against the OpenAPI document. */
import { Redis } from "ioredis";
import { describe, expect, it, vi } from "vitest";
import { startRedis } from "../../local/redis.ts";
import { atEnd } from "../support/cleanup.ts";
import { ownServer, someEvents } from "../support/faults.ts";
import type { Checked } from "../support/http/checked-api.ts";
import { expectProblem } from "../support/http/problems.ts";
import { anEvent } from "../support/pipeline.ts";
import { testSystem } from "../support/servers/system.ts";

// A server of its own, since a test makes it refuse all writes.
const { url: redisUrl } = await ownServer(startRedis);
const settings = { QUEUE_MAX_EVENTS: "5000" };
const { api, post, get, newClient, newKey, stack } = await testSystem(settings, { redisUrl });
const { apiKey: key, adminKey: admin } = stack;
const redis = new Redis(stack.redisUrl);
atEnd(() => redis.disconnect());

describe("keys", () => {
  it("are refused if missing, unknown, expired, revoked, or without the scope", async () => {
    const client = await newClient({ name: "keys" });
    const soon = new Date(Date.now() + 2_000).toISOString();
    const expired = await newKey(client, { scopes: ["ingest"], expires_at: soon });
    const revoked = await newKey(client, { scopes: ["ingest", "read"] });
    const reader = await newKey(client, { scopes: ["read"] });
    expect((await post(anEvent(), {}, revoked.secret)).status).toBe(202);
    const path = `/v1/clients/${client}/keys/${revoked.key_id}`;
    expect((await api.call("DELETE", path, { key: admin })).status).toBe(204);

    await vi.waitFor(async () => expect((await post(anEvent(), {}, expired.secret)).status).toBe(401), {
      timeout: 45_000,
    });
    const cases: [string, string | undefined, number][] = [
      ["missing-api-key", "", 401],
      ["invalid-api-key", "weir_demo_nonsense", 401],
      ["expired-api-key", expired.secret, 401],
      ["revoked-api-key", revoked.secret, 401],
      ["insufficient-scope", reader.secret, 403],
    ];
    for (const [code, secret, status] of cases)
      expect(await post(anEvent(), {}, secret), code).toMatchObject({ status, body: { code } });
    expectProblem(await get("/v1/events", revoked.secret), 401, "revoked-api-key");
    expect(await get("/v1/audit", reader.secret)).toMatchObject({ status: 403 });
    expect(await get("/v1/clients", key)).toMatchObject({ status: 403 });
  });

  it("read their own client's data only; an admin key reads all and can filter by client", async () => {
    const client = await newClient({ name: "own" });
    const { secret } = await newKey(client, { scopes: ["ingest", "read", "audit"] });
    const event = anEvent();
    const receipt = (await post(event, {}, secret)).body.receipt_id;
    await vi.waitFor(async () => expect((await get("/v1/analytics/count", secret)).body.count).toBe(1), {
      timeout: 45_000,
    });
    const byId = `/v1/events/${event.event_id}`;
    expect((await get(byId, key)).status).toBe(404);
    expect((await get(byId, admin)).body.client_id).toBe(client);
    expect((await get(`/v1/receipts/${receipt}`, key)).status).toBe(404);
    expect((await get("/v1/analytics/count?client=demo", secret)).status).toBe(403);
    expect((await get(`/v1/analytics/count?client=${client}`, admin)).body.count).toBe(1);
    const groups = await get("/v1/analytics/group?by=client,event_type", admin);
    expect(groups.body.groups).toContainEqual({ client_id: client, event_type: "test.happened", count: 1 });
    const { entries } = (await get("/v1/audit", secret)).body;
    for (const entry of entries) expect(entry.client_id).toBe(client);
    expect(entries).not.toEqual([]);
  });
});

describe("a page of another origin", () => {
  const ORIGIN = "https://shop.example";
  const fromPage = { origin: ORIGIN, "sec-fetch-site": "cross-site" };

  it.each([["/v1/events"], ["/v1/logs"]])("may ask whether it can send to %s", async (path) => {
    const { status, headers } = await fetch(`${stack.url}${path}`, {
      method: "OPTIONS",
      headers: {
        origin: ORIGIN,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-api-key",
      },
    });
    expect([status, headers.get("access-control-allow-origin")]).toEqual([204, "*"]);
    expect(headers.get("access-control-allow-methods")).toBe("POST");
    expect(headers.get("access-control-allow-headers")).toBe("content-type,x-api-key");
  });

  it("can send events and log records with a key of a client that allows it, and nothing else", async () => {
    const client = await newClient({ name: "page", origins: [ORIGIN] });
    const { secret } = await newKey(client, { scopes: ["ingest"] });
    const reader = await newKey(client, { scopes: ["ingest", "read"] });
    const logs = (headers: Record<string, string>) =>
      api.call("POST", "/v1/logs", { key: secret, body: { resourceLogs: [] }, headers });
    const taken = await post(anEvent(), fromPage, secret);
    expect([taken.status, taken.headers.get("access-control-allow-origin")]).toEqual([202, "*"]);
    expect((await logs(fromPage)).status).toBe(200);
    for (const headers of [{ origin: "https://other.example" }, { origin: "null" }]) {
      expectProblem(await post(anEvent(), headers, secret), 403, "origin-not-allowed");
      expect(await logs(headers)).toMatchObject({ status: 403, body: { code: 7 } });
    }
    expectProblem(await post(anEvent(), fromPage, reader.secret), 403, "origin-not-allowed");
    const read = await api.call("GET", "/v1/events", { key: reader.secret, headers: fromPage });
    expect(read.headers.has("access-control-allow-origin")).toBe(false);
    const own = await post(anEvent(), { origin: stack.url }, reader.secret);
    expect(own.status).toBe(202);
  });
});

describe("limits", () => {
  const expectRefused = (answer: Checked, status: number, code: string): void => {
    expectProblem(answer, status, code);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  };

  it("answer 429 with Retry-After when the burst is used up, counted in events", async () => {
    const client = await newClient({ name: "slow", rate_limit_per_second: 1, burst: 10 });
    const { secret } = await newKey(client, { scopes: ["ingest", "read"] });
    const first = await post(someEvents(8), {}, secret);
    expect(first.headers.get("ratelimit-policy")).toBe('"default";q=10;w=10');
    expect(first.headers.get("ratelimit")).toBe('"default";r=2;t=8');
    expectRefused(await post(someEvents(9), {}, secret), 429, "rate-limited");
    expect((await get("/v1/events", secret)).headers.get("ratelimit")).toMatch(/^"default";r=\d+;t=\d+$/);
  });

  it("answer 503 with Retry-After when the queue is full or refuses writes", async () => {
    // Far above the limit, since the worker may be subtracting what it has stored.
    await redis.hset("weir:{0}:stats", "events", 1_000_000);
    expectRefused(await post(anEvent()), 503, "queue-full");
    await redis.hset("weir:{0}:stats", "events", 0);

    // Redis gives a similar error if it is out of memory, is a read-only replica, or can't write its file.
    await redis.config("SET", "min-replicas-to-write", 1);
    const away = await post(anEvent());
    await redis.config("SET", "min-replicas-to-write", 0);
    expectRefused(away, 503, "queue-unavailable");
    expect((await post(anEvent())).status).toBe(202);
  });
});
