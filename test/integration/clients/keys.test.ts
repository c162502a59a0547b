import { describe, expect, it, vi } from "vitest";
import { hashSecret } from "../../../lib/base/ids.ts";
import { importKey } from "../../../lib/clients/keys.ts";
import { adminApi, failingWrites } from "../../support/http/admin-api.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { addClient, anEvent, send } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps, getConnectedDeps: () => deps }));
const deps = await testDeps();
const { handler } = await import("../../../functions/admin.ts");
const adminKey = (await addClient(deps, "admin", { scopes: ["admin"] })).secret;
const { ask, newClient, newKey, revoke, statusOf } = adminApi(handler, deps, adminKey);

const expectRefused = async (secret: string, code: string): Promise<void> =>
  expectProblem(await send(deps, secret, anEvent()), 401, code);
/** The name of a key's cache in Redis. */
const cacheOf = (secret: string): string =>
  deps.shards.first.apiKey(hashSecret(secret).toString("base64url"));

describe("a key", () => {
  it("shows its secret once, and only its hash is stored", async () => {
    await newClient("secretive");
    const { headers, body, id, secret } = await newKey("secretive", { scopes: ["read", "ingest", "read"] });
    expect(headers.location).toBe(`/v1/clients/secretive/keys/${id}`);
    expect(secret).toMatch(/^weir_secretive_[\w-]{43}$/);
    expect(body).toMatchObject({ scopes: ["read", "ingest"], expires_at: null });
    expect(secret.startsWith(String(body.prefix))).toBe(true);
    const list = await ask("GET /v1/clients/{client_id}/keys", { params: { client_id: "secretive" } });
    expect(list.body.keys).toMatchObject([{ key_id: id, prefix: body.prefix, revoked_at: null }]);
    expect(JSON.stringify(list.body)).not.toContain(secret.slice(-30));
    const rows = await deps.sql`SELECT api_keys::text AS row FROM api_keys WHERE client_id = 'secretive'`;
    expect(rows[0]?.row).toContain(hashSecret(secret).toString("hex"));
    expect(rows[0]?.row).not.toContain(secret.slice(-30));
  });

  it("is refused from the next call on when revoked, though it was cached", async () => {
    await newClient("revoked");
    const [{ id, secret }, other] = [await newKey("revoked"), await newKey("revoked")];
    expect(await statusOf(secret)).toBe(202);
    expect((await revoke("revoked", id)).status).toBe(204);
    await expectRefused(secret, "revoked-api-key");
    expect(await statusOf(other.secret)).toBe(202);
    expect((await revoke("revoked", id)).status).toBe(204);
    expect((await revoke("revoked", "k0")).status).toBe(404);
    expect((await revoke("admin", other.id)).status).toBe(404);
    // After Redis has lost it, the database gives the same answer.
    await deps.redis.del(cacheOf(secret));
    await expectRefused(secret, "revoked-api-key");
  });

  it("is never accepted after the answer to its revocation, even under load", async () => {
    await newClient("loaded");
    const { id, secret } = await newKey("loaded");
    let revoked = false;
    const late: number[] = [];
    const caller = async (): Promise<void> => {
      for (let left = 10; left > 0; ) {
        const after = revoked;
        if (after) left--;
        const answer = await statusOf(secret);
        if (after) late.push(answer);
      }
    };
    const callers = Array.from({ length: 4 }, caller);
    await revoke("loaded", id);
    revoked = true;
    await Promise.all(callers);
    expect(late.length).toBeGreaterThan(0);
    expect(new Set(late)).toEqual(new Set([401]));
  });

  it("stays valid when Redis or the database fails to revoke it", async () => {
    await newClient("spared");
    const { id, secret } = await newKey("spared");
    expect(await statusOf(secret)).toBe(202);
    expectProblem(await failingWrites(deps, () => revoke("spared", id)), 503, "queue-unavailable");
    expect(await statusOf(secret)).toBe(202);
    await deps.sql.unsafe(`
      CREATE FUNCTION no_revoking() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
      CREATE TRIGGER no_revoking BEFORE UPDATE OF revoked_at ON api_keys FOR EACH ROW EXECUTE FUNCTION no_revoking()`);
    expect((await revoke("spared", id)).status).toBe(500);
    await deps.sql`DROP TRIGGER no_revoking ON api_keys`;
    expect(await statusOf(secret)).toBe(202);
    expect((await revoke("spared", id)).status).toBe(204);
    expect(await statusOf(secret)).toBe(401);
  });

  it("works until it expires, and is then refused", async () => {
    await newClient("expiring");
    const soon = new Date(Date.now() + 1_500).toISOString();
    const { secret, body } = await newKey("expiring", { scopes: ["ingest"], expires_at: soon });
    expect(body.expires_at).toBe(soon);
    expect(await statusOf(secret)).toBe(202);
    await vi.waitFor(async () => expect(await statusOf(secret)).toBe(401), {
      timeout: 45_000,
      interval: 100,
    });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(soon));
    await expectRefused(secret, "expired-api-key");
  });

  it.each(["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "tomorrow"])(
    "is refused with the expiry %s",
    async (expires_at) => {
      const body = { scopes: ["read"], expires_at };
      const answer = await ask("POST /v1/clients/{client_id}/keys", { params: { client_id: "admin" }, body });
      expectProblem(answer, 422, "invalid-body");
    },
  );

  it("works once imported, though it was tried before, and can be imported only once", async () => {
    for (const id of ["import", "thief"]) await newClient(id);
    const secret = "sk_live:abcdefgh.0123456789~!";
    await expectRefused(secret, "invalid-api-key");
    expect(await deps.redis.hget(cacheOf(secret), "state")).toBe("unknown");
    const past = { scopes: ["ingest" as const], expires_at: new Date(Date.now() - 1) };
    await expect(importKey(deps, "import", secret, past)).rejects.toMatchObject({ code: "invalid-body" });
    const key = await importKey(deps, "import", secret, { scopes: ["ingest"] });
    expect(key.prefix).toBe("sk_l");
    expect(await statusOf(secret)).toBe(202);
    const again = importKey(deps, "thief", secret, { scopes: ["ingest"] });
    await expect(again).rejects.toMatchObject({ code: "conflict" });
    await revoke("import", key.key_id);
    expect(await statusOf(secret)).toBe(401);
  });

  it.each([
    ["too short", "short"],
    ["too long", "x".repeat(257)],
    ["with a space", "with a space in it"],
    ["of other characters than ASCII", "ünïcödé-ünïcödé-ünïcödé"],
  ])("is not imported if it is %s", async (_, secret) => {
    const imported = importKey(deps, "admin", secret, { scopes: ["read"] });
    await expect(imported).rejects.toMatchObject({ status: 422 });
  });

  it("without the scope admin can't call admin operations", async () => {
    const { secret } = await addClient(deps, "mere", { scopes: ["ingest", "read", "audit"] });
    for (const call of ["GET /v1/clients", "GET /v1/quarantine"])
      expectProblem(await ask(call, { key: secret }), 403, "insufficient-scope");
  });
});
