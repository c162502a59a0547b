import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { hashSecret, newKeyId, newSecret, secretPrefix } from "../../../lib/base/ids.ts";
import type { Scope } from "../../../lib/base/scope.ts";
import { HOUR_MS } from "../../../lib/base/time.ts";
import { someEvents } from "../../support/faults.ts";
import { ingestApi } from "../../support/http/ingest-api.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { type Answer, addClient, drainAll } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const api = ingestApi(deps);
afterEach(() => api.expectAudited());

const batch = (count: number): string => JSON.stringify(someEvents(count));
const auditOf = async (answer: Answer) => {
  await drainAll(deps);
  const [row] =
    await deps.sql`SELECT * FROM audit_log WHERE request_id = ${String(answer.headers["x-request-id"])}`;
  return row;
};

describe("a key", () => {
  it.each([
    ["missing", undefined, "missing-api-key"],
    ["empty", "", "missing-api-key"],
    ["unknown", newSecret("nobody"), "invalid-api-key"],
    ["of another make", "sk_live_0123456789abcdef", "invalid-api-key"],
    ["too long", "x".repeat(257), "invalid-api-key"],
    ["as long as may be", "x".repeat(256), "invalid-api-key"],
    ["with a NUL", "weir_\0_key", "invalid-api-key"],
    ["with half a pair", "weir_\ud800_key", "invalid-api-key"],
    ["with quotes", '","status":202,"x":"', "invalid-api-key"],
  ])("that is %s is refused with 401 and a hint", async (_, secret, code) => {
    for (const body of [batch(1), "not json"]) {
      const answer = await api.post(secret, body);
      // A caller without a key does not learn what is wrong with the body.
      expectProblem(answer, 401, code);
      expect(answer.headers["www-authenticate"]).toBe('ApiKey realm="weir"');
      expect(answer.headers).not.toHaveProperty("ratelimit");
      expect(await auditOf(answer)).toMatchObject({ status: 401, client_id: null });
    }
  });

  it("that is revoked, expired or of an inactive client is refused, and the audit names its client", async () => {
    const states = { revoked: "revoked_at", expired: "expires_at" };
    for (const [name, column] of Object.entries(states)) {
      const { clientId, secret } = await addClient(deps, `${name}-key`);
      await deps.sql`UPDATE api_keys SET ${deps.sql(column)} = now() - interval '1 s' WHERE client_id = ${clientId}`;
      expectProblem(await api.post(secret, batch(1)), 401, `${name}-api-key`);
    }
    const { clientId, secret } = await addClient(deps, "switched-off");
    await deps.sql`UPDATE clients SET active = false WHERE client_id = ${clientId}`;
    const answer = await api.post(secret, batch(1));
    expectProblem(answer, 403, "client-inactive");
    expect(await auditOf(answer)).toMatchObject({ client_id: clientId, key_prefix: secretPrefix(secret) });
  });

  it("without the scope is refused with 403, and admin has every scope", async () => {
    const post = async (name: string, scopes: Scope[], body = batch(1)): Promise<Answer> =>
      api.post((await addClient(deps, name, { scopes })).secret, body);
    const refused = await post("reader", ["read", "audit"]);
    expectProblem(refused, 403, "insufficient-scope");
    expect(refused.body.detail).toContain("ingest");
    expect(refused.headers).toHaveProperty("ratelimit");
    expect(await post("curious", ["read"], "not json")).toMatchObject({ status: 403 });
    expect(await post("admin", ["admin"])).toMatchObject({ status: 202 });
    expect(await auditOf(refused)).toMatchObject({ status: 403, client_id: "reader" });
  });

  it.each(['a"b\\cdefghijklmnop', "\\\\\\\\0123456789ab", '"},"client_id":"x', "{0}%s'/weir_key"])(
    "that is imported may begin with anything: %s",
    async (secret) => {
      const { clientId } = await addClient(deps, `i${randomUUID().slice(0, 8)}`);
      await deps.sql`INSERT INTO api_keys (key_id, client_id, hash, prefix, scopes)
        VALUES (${newKeyId()}, ${clientId}, ${hashSecret(secret)}, ${secretPrefix(secret)}, ${["ingest"]})`;
      const answer = await api.post(secret, batch(2));
      expect(answer).toMatchObject({ status: 202, body: { accepted: 2 } });
      expect(await auditOf(answer)).toMatchObject({ client_id: clientId, key_prefix: secret.slice(0, 4) });
      const [row] = await deps.sql`SELECT count(*)::int AS events FROM events WHERE client_id = ${clientId}`;
      expect(row).toEqual({ events: 2 });
    },
  );
});

describe("the rate limit", () => {
  const remaining = ({ headers }: Answer): number => Number(/r=(\d+)/.exec(String(headers.ratelimit))?.[1]);
  /** Refills a client's bucket as if time had passed: the limit's key holds the time when the bucket will be full. */
  const advance = async (clientId: string, ms: number): Promise<void> => {
    const key = deps.shards.first.limit(clientId);
    await deps.redis.set(key, String(Number(await deps.redis.get(key)) - ms * 1_000));
  };

  it("is in every answer and charged by the event", async () => {
    const { secret } = await addClient(deps, "told", { rate: 1, burst: 1_000 });
    const first = await api.post(secret, batch(100));
    expect(first.headers["ratelimit-policy"]).toBe('"default";q=1000;w=1000');
    expect(first.headers.ratelimit).toMatch(/^"default";r=900;t=\d+$/);
    const second = await api.post(secret, batch(1));
    // A second may have passed and refilled one event.
    expect(remaining(first) - remaining(second)).toBeLessThanOrEqual(1);
    const bad = await api.post(secret, "not json");
    expect(bad).toMatchObject({ status: 400 });
    expect(bad.headers["ratelimit-policy"]).toBe('"default";q=1000;w=1000');
    const invalid = await api.post(secret, JSON.stringify({ events: Array(100).fill(1) }));
    expect(invalid).toMatchObject({ status: 422 });
    expect(remaining(invalid)).toBeLessThan(remaining(bad) - 90);
  });

  it("answers 429 with Retry-After when used up, and accepts nothing", async () => {
    const { clientId, secret } = await addClient(deps, "used-up", { rate: 1, burst: 150 });
    expect(await api.post(secret, batch(100))).toMatchObject({ status: 202 });
    const body = batch(100);
    const refused = await api.post(secret, body);
    expectProblem(refused, 429, "rate-limited");
    expect(refused.headers["retry-after"]).toMatch(/^[1-9]\d*$/);
    expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(50);
    expect(refused.headers["ratelimit-policy"]).toBe('"default";q=150;w=150');
    expect(refused.headers.ratelimit).toMatch(/^"default";r=\d\d;t=\d+$/);
    expect(await auditOf(refused)).toMatchObject({ status: 429, client_id: clientId });
    await advance(clientId, HOUR_MS);
    const accepted = { accepted: 100, duplicates: 0 };
    expect(await api.post(secret, body)).toMatchObject({ status: 202, body: accepted });
  });

  it("refills with time", async () => {
    const { clientId, secret } = await addClient(deps, "refills", { rate: 1, burst: 5 });
    const post = async (): Promise<number> => (await api.post(secret, batch(5))).status;
    expect([await post(), await post()]).toEqual([202, 429]);
    await advance(clientId, 4_500);
    await expect.poll(post, { timeout: 45_000 }).toBe(202);
    expect(await post()).toBe(429);
  });

  it("accepts a batch as large as the burst, and answers 413 for a larger one", async () => {
    const { secret } = await addClient(deps, "burst", { rate: 1, burst: 20 });
    const large = await api.post(secret, batch(21));
    expectProblem(large, 413, "payload-too-large");
    expect(large.body.detail).toMatch(/costs 21,.* at most 20 events\.$/);
    expect(large.headers).not.toHaveProperty("retry-after");
    expect(large.headers.ratelimit).toBe('"default";r=20;t=0');
    expect(await api.post(secret, batch(20))).toMatchObject({ status: 202 });
  });

  it("holds for concurrent calls", async () => {
    const { secret } = await addClient(deps, "at-once", { rate: 1, burst: 40 });
    const start = Date.now();
    const answers = await Promise.all(Array.from({ length: 30 }, () => api.post(secret, batch(4))));
    const seconds = (Date.now() - start) / 1_000;
    const taken = answers.filter(({ status }) => status === 202).length;
    expect(taken).toBeGreaterThanOrEqual(10);
    // One more event for each second that this took.
    expect(taken).toBeLessThanOrEqual((40 + Math.ceil(seconds)) / 4);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30 - taken);
  });
});

describe("a clock that is an hour off", () => {
  it.each([
    ["behind", -HOUR_MS],
    ["ahead", HOUR_MS],
  ])("at the gateway, %s, makes no duration negative", async (name, offset) => {
    const { clientId, secret } = await addClient(deps, `gateway-${name}`);
    const receivedAt = Date.now() + offset;
    const answer = await api.post(secret, batch(3), {}, { receivedAt });
    expect(answer).toMatchObject({ status: 202 });
    const refused = await api.post(undefined, batch(3), {}, { receivedAt });
    for (const row of [await auditOf(answer), await auditOf(refused)])
      expect(row?.duration_ms).toBeGreaterThanOrEqual(0);
    const rows = await deps.sql`
      SELECT min(latency_max_ms)::float8 AS least, sum(count)::int AS events
        FROM rollups WHERE client_id = ${clientId} AND grain = 1`;
    expect(rows).toMatchObject([{ events: 3 }]);
    expect(rows[0]?.least).toBeGreaterThanOrEqual(0);
  });

  it("in Redis, since set back, costs a client at most a full burst", async () => {
    const { clientId, secret } = await addClient(deps, "redis-clock", { rate: 5, burst: 5 });
    expect(await api.post(secret, batch(1))).toMatchObject({ status: 202 });
    const [seconds] = await deps.redis.time();
    await deps.redis.set(deps.shards.first.limit(clientId), `${(Number(seconds) + 3_600) * 1_000_000}`);
    const refused = await api.post(secret, batch(5));
    expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "1" } });
    expect(refused.headers.ratelimit).toBe('"default";r=0;t=1');
    // The refused request was not charged, so the hour is cut to a burst at the next charge.
    await deps.redis.set(deps.shards.first.limit(clientId), "1");
    expect(await api.post(secret, batch(5))).toMatchObject({ status: 202 });
  });
});
