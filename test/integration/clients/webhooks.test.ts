/** Sources of webhooks: what administrators do, and that the very next delivery follows it. */
import { describe, expect, it, vi } from "vitest";
import type { WebhookKind } from "../../../lib/base/webhook-kind.ts";
import { adminApi } from "../../support/http/admin-api.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { deliver, STRIPE_SECRET } from "../../support/http/webhooks.ts";
import { type Answer, addClient, drainAll } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";
import { standardDelivery } from "../../support/webhooks/senders.ts";

vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps, getConnectedDeps: () => deps }));
const deps = await testDeps();
const { handler } = await import("../../../functions/admin.ts");
const adminKey = (await addClient(deps, "admin", { scopes: ["admin"] })).secret;
const { ask, newClient, change } = adminApi(handler, deps, adminKey);

const SOURCES = "/v1/clients/{client_id}/webhooks";
const create = (client_id: string, body: object): Promise<Answer> =>
  ask(`POST ${SOURCES}`, { params: { client_id }, body });
const list = (client_id: string, query: Record<string, string> = {}): Promise<Answer> =>
  ask(`GET ${SOURCES}`, { params: { client_id }, query });
const remove = (client_id: string, source: string): Promise<Answer> =>
  ask(`DELETE ${SOURCES}/{source}`, { params: { client_id, source } });
const addSecret = (client_id: string, source: string, body: object = {}): Promise<Answer> =>
  ask(`POST ${SOURCES}/{source}/secrets`, { params: { client_id, source }, body });
const removeSecret = (client_id: string, source: string, secret_id: unknown): Promise<Answer> =>
  ask(`DELETE ${SOURCES}/{source}/secrets/{secret_id}`, {
    params: { client_id, source, secret_id: String(secret_id) },
  });

/** Creates a client with a source of the same name. */
async function source(name: string, kind: WebhookKind = "standard", others: object = {}) {
  await newClient(name);
  const { status, body } = await create(name, { source: name, kind, ...others });
  expect(status).toBe(201);
  const [secret] = body.secrets as { secret_id: string }[];
  return { secret: String(body.secret), secretId: String(secret?.secret_id) };
}
const statusOf = async (name: string, secret: string): Promise<number> =>
  (await deliver(deps, name, standardDelivery(secret, { type: "a" }))).status;

/** Runs while Redis refuses to replace what it knows of a source. */
async function withoutRedis<T>(run: () => Promise<T>): Promise<T> {
  const spies = [
    vi.spyOn(deps.redis, "set").mockRejectedValue(new Error("Connection is closed.")),
    vi.spyOn(deps.redis, "del").mockRejectedValue(new Error("Connection is closed.")),
  ];
  return run().finally(() => spies.forEach((spy) => void spy.mockRestore()));
}

describe("a source", () => {
  it("is created with a secret that is shown once, for each kind in its form", async () => {
    await newClient("kinds");
    const forms = {
      github: /^[\w-]{43}$/,
      standard: /^whsec_[A-Za-z0-9+/]{43}=$/,
      stripe: /^whsec_0123456789abcdef/,
    };
    for (const kind of ["github", "standard", "stripe"] as const) {
      const given = kind === "stripe" ? { secret: STRIPE_SECRET } : {};
      const { headers, body } = await create("kinds", { source: `k-${kind}`, kind, ...given });
      expect(headers.location).toBe(`/v1/clients/kinds/webhooks/k-${kind}`);
      expect(body).toMatchObject({ source: `k-${kind}`, kind, path: `/v1/webhooks/k-${kind}` });
      expect(body.secret).toMatch(forms[kind]);
    }
    const { body } = await list("kinds");
    expect(body.webhooks).toMatchObject([{ kind: "github" }, { kind: "standard" }, { kind: "stripe" }]);
    expect(JSON.stringify(body)).not.toContain('"secret"');
    // Its key is not among the client's, and can't be revoked as one of them.
    const params = { client_id: "kinds" };
    expect((await ask("GET /v1/clients/{client_id}/keys", { params })).body.keys).toEqual([]);
    const [key] = await deps.sql`SELECT key_id FROM api_keys WHERE client_id = 'kinds' LIMIT 1`;
    const revoked = await ask("DELETE /v1/clients/{client_id}/keys/{key_id}", {
      params: { ...params, key_id: key?.key_id },
    });
    expect(revoked.status).toBe(404);
  });

  it("may have a secret that the sender has made, if it is one of its kind", async () => {
    await newClient("given");
    const good = { github: ["It's-a-Secret-to-Everybody", "x".repeat(256)], standard: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], stripe: [STRIPE_SECRET] }; // biome-ignore format: one line
    const bad = { github: ["short", "x".repeat(257), "with a space in it", "ä".repeat(20)], standard: ["whsec_not-base64-at-all-", "whsec_MfKQ9r8GKYqrTwj", `whsec_${"A".repeat(240)}`], stripe: ["sk_test_0123456789abcdef", undefined] }; // biome-ignore format: one line
    for (const kind of ["github", "standard", "stripe"] as const) {
      for (const secret of bad[kind]) {
        const answer = await create("given", { source: "refused", kind, secret });
        expectProblem(answer, 422, "invalid-body");
        expect(answer.body.errors).toMatchObject([{ pointer: "/secret" }]);
        // An error never repeats a secret.
        if (secret !== undefined) expect(JSON.stringify(answer.body)).not.toContain(secret);
      }
      for (const [n, secret] of good[kind].entries())
        expect((await create("given", { source: `${kind}-${n}`, kind, secret })).body.secret).toBe(secret);
    }
  });

  it("has a name that no other source has, of any client", async () => {
    await source("taken");
    await newClient("other");
    expectProblem(await create("other", { source: "taken", kind: "github" }), 409, "conflict");
    for (const name of ["", "A", "a_b", "-a", "a-", "a/b", "ä", "x".repeat(65)])
      expectProblem(await create("other", { source: name, kind: "github" }), 422, "invalid-body");
    expect((await create("other", { source: "x".repeat(64), kind: "github" })).status).toBe(201);
    expectProblem(await create("nobody", { source: "free", kind: "github" }), 404, "not-found");
    const [keys] = await deps.sql`SELECT count(*)::int AS n FROM api_keys WHERE client_id = 'other'`;
    expect(keys?.n).toBe(1);
  });

  it("is listed by name, a page at a time", async () => {
    await newClient("paged");
    for (const n of [3, 1, 2]) await create("paged", { source: `p-${n}`, kind: "github" });
    const first = await list("paged", { limit: "2" });
    expect(first.body.webhooks).toMatchObject([{ source: "p-1" }, { source: "p-2" }]);
    const cursor = String(first.body.next_cursor);
    expect((await list("paged", { limit: "2", cursor })).body).toMatchObject({
      webhooks: [{ source: "p-3", secrets: [{ secret_id: expect.any(String) }] }],
      next_cursor: null,
    });
    expectProblem(await list("nobody"), 404, "not-found");
  });

  it("takes no delivery once it is deleted, though it was cached, and may be made again", async () => {
    const { secret } = await source("gone");
    expect(await statusOf("gone", secret)).toBe(202);
    expectProblem(await remove("admin", "gone"), 404, "not-found");
    expect(await statusOf("gone", secret)).toBe(202);
    expect((await remove("gone", "gone")).status).toBe(204);
    expect(await statusOf("gone", secret)).toBe(404);
    expectProblem(await remove("gone", "gone"), 404, "not-found");
    // After Redis has lost it, the database gives the same answer.
    await deps.redis.flushdb();
    expect(await statusOf("gone", secret)).toBe(404);
    const [key] = await deps.sql`SELECT revoked_at FROM api_keys WHERE webhook_source = 'gone'`;
    expect(key?.revoked_at).toBeInstanceOf(Date);
    // Another client may take the name, and the secret of before is not valid for it.
    const again = await create("admin", { source: "gone", kind: "standard" });
    expect(await statusOf("gone", String(again.body.secret))).toBe(202);
    expect(await statusOf("gone", secret)).toBe(401);
  });

  it("is found at once though somebody has called it before it was created", async () => {
    expect(await statusOf("early", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).toBe(404);
    const { secret } = await source("early");
    expect(await statusOf("early", secret)).toBe(202);
  });

  it("of an inactive client is refused", async () => {
    const { secret } = await source("resting");
    expect(await statusOf("resting", secret)).toBe(202);
    await change("resting", { active: false });
    expectProblem(
      await deliver(deps, "resting", standardDelivery(secret, { type: "a" })),
      403,
      "client-inactive",
    );
    await change("resting", { active: true });
    expect(await statusOf("resting", secret)).toBe(202);
  });
});

describe("a secret", () => {
  it("is replaced without a moment in which a delivery is refused", async () => {
    const old = await source("rotated");
    const { body, headers } = await addSecret("rotated", "rotated");
    const fresh = { secret: String(body.secret), secretId: String(body.secret_id) };
    expect(headers.location).toBe(`/v1/clients/rotated/webhooks/rotated/secrets/${fresh.secretId}`);
    for (const { secret } of [old, fresh]) expect(await statusOf("rotated", secret)).toBe(202);
    expectProblem(await addSecret("rotated", "rotated"), 409, "secret-limit");
    expect((await removeSecret("rotated", "rotated", old.secretId)).status).toBe(204);
    expect(await statusOf("rotated", old.secret)).toBe(401);
    expect(await statusOf("rotated", fresh.secret)).toBe(202);
    expectProblem(await removeSecret("rotated", "rotated", fresh.secretId), 409, "secret-limit");
    expectProblem(await removeSecret("rotated", "rotated", old.secretId), 404, "not-found");
    await deps.redis.flushdb();
    expect(await statusOf("rotated", old.secret)).toBe(401);
    expect(await statusOf("rotated", fresh.secret)).toBe(202);
  });

  it("is one of two at most, however many are added at once", async () => {
    await source("crowded");
    const answers = await Promise.all(Array.from({ length: 5 }, () => addSecret("crowded", "crowded")));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    const added = answers.find(({ status }) => status === 201);
    expect(await statusOf("crowded", String(added?.body.secret))).toBe(202);
    const { body } = await list("crowded");
    const ids = (body.webhooks as { secrets: { secret_id: string }[] }[])[0]?.secrets ?? [];
    const removed = await Promise.all(
      ids.map(({ secret_id }) => removeSecret("crowded", "crowded", secret_id)),
    );
    expect(removed.map(({ status }) => status).sort()).toEqual([204, 409]);
  });

  it("is not changed while Redis can't be told, so the answer is never wrong", async () => {
    const { secret, secretId } = await source("cut-off");
    const second = String((await addSecret("cut-off", "cut-off")).body.secret);
    const refused = await withoutRedis(async () => [
      await removeSecret("cut-off", "cut-off", secretId),
      await remove("cut-off", "cut-off"),
      await create("cut-off", { source: "cut-off-2", kind: "github" }),
    ]);
    for (const answer of refused) expectProblem(answer, 503, "queue-unavailable");
    for (const one of [secret, second]) expect(await statusOf("cut-off", one)).toBe(202);
    expect((await create("cut-off", { source: "cut-off-2", kind: "github" })).status).toBe(201);
  });

  it("is not in the audit; what was changed is", async () => {
    const { secret, secretId } = await source("recorded");
    const second = await addSecret("recorded", "recorded");
    await removeSecret("recorded", "recorded", secretId);
    await remove("recorded", "recorded");
    await drainAll(deps);
    const rows = await deps.sql<{ method: string; text: string }[]>`
      SELECT method, change::text AS text FROM audit_log
       WHERE change::text LIKE '%"recorded"%' AND route LIKE '%webhooks%' ORDER BY at, request_id`;
    expect(rows.map(({ method }) => method)).toEqual(["POST", "POST", "DELETE", "DELETE"]);
    const [created, added, removed, deleted] = rows.map(({ text }) => JSON.parse(text));
    const [one, two] = [{ secret_id: secretId }, { secret_id: second.body.secret_id }];
    expect(created).toMatchObject({ before: null, after: { client_id: "recorded", secrets: [one] } });
    expect(added).toMatchObject({ before: { secrets: [one] }, after: { secrets: [one, two] } });
    expect(removed).toMatchObject({ before: { secrets: [one, two] }, after: { secrets: [two] } });
    expect(deleted).toMatchObject({ before: { kind: "standard", secrets: [two] }, after: null });
    const [all] = await deps.sql`SELECT string_agg(audit_log::text, '') AS text FROM audit_log`;
    for (const hidden of [secret, String(second.body.secret)]) expect(all?.text).not.toContain(hidden);
  });
});
