import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { hashSecret } from "../../../lib/base/ids.ts";
import { importKey } from "../../../lib/clients/keys.ts";
import { type GatewayRequest, gatewayEvent } from "../../support/http/gateway.ts";
import { type Answer, addClient, anEvent, context, send, toAnswer } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

let deps: Deps;
let adminKey: string;
vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps, getConnectedDeps: () => deps }));
const { handler: admin } = await import("../../../functions/admin.ts");

beforeAll(async () => {
  deps = await testDeps();
  adminKey = (await addClient(deps, "admin", { scopes: ["admin"] })).secret;
});

type Asked = Partial<Pick<GatewayRequest, "params" | "query">> & { body?: unknown; key?: string };

/** Calls the admin function. @param call method and route template */
async function ask(
  call: string,
  { body, key = adminKey, params = {}, ...rest }: Asked = {},
): Promise<Answer> {
  const [method = "", route = ""] = call.split(" ");
  const path = route.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { "x-api-key": key, "content-type": "application/json" };
  const event = gatewayEvent({ method, route, path, params, headers, ...rest, ...sent });
  return toAnswer(await admin(event, context));
}

const newClient = async (client_id: string, others: object = {}): Promise<Answer> =>
  ask("POST /v1/clients", { body: { client_id, name: client_id, ...others } });

async function newKey(client_id: string, body: object = { scopes: ["ingest"] }) {
  const answer = await ask("POST /v1/clients/{client_id}/keys", { params: { client_id }, body });
  expect(answer.status).toBe(201);
  return { ...answer, id: String(answer.body.key_id), secret: String(answer.body.secret) };
}

const change = (client_id: string, body: object): Promise<Answer> =>
  ask("PATCH /v1/clients/{client_id}", { params: { client_id }, body });
const revoke = (client_id: string, key_id: string): Promise<Answer> =>
  ask("DELETE /v1/clients/{client_id}/keys/{key_id}", { params: { client_id, key_id } });
const status = async (secret: string): Promise<number> => (await send(deps, secret, anEvent())).status;

/** Runs while writes to Redis fail, as when it is unreachable. */
async function withoutRedis<T>(run: () => Promise<T>): Promise<T> {
  const fail = (): never => {
    throw new Error("Connection is closed.");
  };
  const spies = [
    vi.spyOn(deps.redis, "multi").mockImplementation(fail),
    vi.spyOn(deps.redis, "del").mockRejectedValue(0),
  ];
  return run().finally(() => spies.forEach((spy) => void spy.mockRestore()));
}

describe("a client", () => {
  it("is created with defaults, and the answer has its location", async () => {
    const answer = await ask("POST /v1/clients", { body: { name: "  Shop " } });
    expect(answer).toMatchObject({
      status: 201,
      headers: { location: `/v1/clients/${answer.body.client_id}` },
      body: { name: "Shop", active: true, rate_limit_per_second: 1_000, burst: 2_000 },
    });
    expect(answer.body.client_id).toMatch(/^c[0-9a-z]{10}$/);
    expect(new Date(String(answer.body.created_at)).toISOString()).toBe(answer.body.created_at);
    const params = { client_id: String(answer.body.client_id) };
    expect((await ask("GET /v1/clients/{client_id}", { params })).body).toEqual(answer.body);
  });

  it("is created once, even by ten concurrent calls", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => newClient("ten")));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array(9).fill(409)]);
  });

  it.each([
    [{ name: "" }, "/name"],
    [{ name: "nul\0" }, "/name"],
    [{ name: "half \ud800" }, "/name"],
    [{ name: "x", client_id: "Upper" }, "/client_id"],
    [{ name: "x", burst: 0 }, "/burst"],
    [{ name: "x", rate: 1 }, "/rate"],
  ])("is refused as %j, with an error that names %s", async (body, pointer) => {
    expect(await ask("POST /v1/clients", { body })).toMatchObject({
      status: 422,
      body: { code: "invalid-body", errors: [{ pointer }] },
    });
  });

  it("gets 404 if it does not exist", async () => {
    const params = { client_id: "nobody" };
    expect((await ask("GET /v1/clients/{client_id}", { params })).status).toBe(404);
    expect(await change("nobody", { name: "x" })).toMatchObject({ status: 404 });
    expect(await ask("GET /v1/clients/{client_id}/keys", { params })).toMatchObject({ status: 404 });
    const body = { scopes: ["read"] };
    expect(await ask("POST /v1/clients/{client_id}/keys", { params, body })).toMatchObject({ status: 404 });
  });

  it("is listed page by page, each once", async () => {
    for (const id of ["list-c", "list-a", "list-b"]) await newClient(id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = { limit: "2", ...(cursor && { cursor }) };
      const { headers, body } = await ask("GET /v1/clients", { query });
      seen.push(...(body.clients as { client_id: string }[]).map(({ client_id }) => client_id));
      cursor = body.next_cursor as string | null;
      expect(headers.link).toEqual(cursor === null ? undefined : expect.stringContaining("cursor="));
    } while (cursor !== null);
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining(["list-a", "list-b", "list-c"]));
  });

  it("is refused from the next call on when switched off, and accepted again when switched on", async () => {
    await newClient("switch");
    const { secret } = await newKey("switch");
    expect(await status(secret)).toBe(202);
    expect((await change("switch", { active: false })).body.active).toBe(false);
    expect(await send(deps, secret, anEvent())).toMatchObject({
      status: 403,
      body: { code: "client-inactive" },
    });
    await change("switch", { active: true });
    expect(await status(secret)).toBe(202);
  });

  it("has a new rate limit at once", async () => {
    await newClient("limit", { burst: 10, rate_limit_per_second: 1 });
    const { secret } = await newKey("limit");
    const events = Array.from({ length: 11 }, () => anEvent());
    expect((await send(deps, secret, { events })).status).toBe(413);
    expect((await change("limit", { burst: 50, rate_limit_per_second: 25 })).body).toMatchObject({
      burst: 50,
    });
    const answer = await send(deps, secret, { events });
    expect(answer.status).toBe(202);
    expect(answer.headers).toMatchObject({ "ratelimit-policy": '"default";q=50;w=2' });
  });

  it("has the same limit in Redis and PostgreSQL after concurrent changes", async () => {
    await newClient("busy");
    await Promise.all(Array.from({ length: 20 }, (_, n) => change("busy", { burst: 100 + n })));
    const [row] = await deps.sql`SELECT burst FROM clients WHERE client_id = 'busy'`;
    expect(await deps.redis.hget("weir:{0}:client:busy", "burst")).toBe(String(row?.burst));
  });

  it("is changed when Redis can't be updated, and the answer says so", async () => {
    await newClient("untold");
    const answer = await withoutRedis(() => change("untold", { name: "Told" }));
    expect(answer).toMatchObject({
      status: 503,
      headers: { "retry-after": expect.stringMatching(/^\d+$/) },
      body: { code: "queue-unavailable", detail: expect.stringContaining("is stored") },
    });
    const [row] = await deps.sql`SELECT name FROM clients WHERE client_id = 'untold'`;
    expect(row?.name).toBe("Told");
  });
});

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
    expect(await status(secret)).toBe(202);
    expect((await revoke("revoked", id)).status).toBe(204);
    expect(await send(deps, secret, anEvent())).toMatchObject({
      status: 401,
      body: { code: "revoked-api-key" },
    });
    expect(await status(other.secret)).toBe(202);
    expect((await revoke("revoked", id)).status).toBe(204);
    for (const [client, key] of [
      ["revoked", "k0"],
      ["admin", other.id],
    ] as const)
      expect((await revoke(client, key)).status).toBe(404);
    // After Redis has lost it, the database gives the same answer.
    await deps.redis.del(deps.shards.first.apiKey(hashSecret(secret).toString("base64url")));
    expect(await send(deps, secret, anEvent())).toMatchObject({
      status: 401,
      body: { code: "revoked-api-key" },
    });
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
        const answer = await status(secret);
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
    expect(await status(secret)).toBe(202);
    expect(await withoutRedis(() => revoke("spared", id))).toMatchObject({
      status: 503,
      body: { code: "queue-unavailable" },
    });
    expect(await status(secret)).toBe(202);
    await deps.sql.unsafe(`
      CREATE FUNCTION no_revoking() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
      CREATE TRIGGER no_revoking BEFORE UPDATE OF revoked_at ON api_keys FOR EACH ROW EXECUTE FUNCTION no_revoking()`);
    expect((await revoke("spared", id)).status).toBe(500);
    await deps.sql`DROP TRIGGER no_revoking ON api_keys`;
    expect(await status(secret)).toBe(202);
    expect((await revoke("spared", id)).status).toBe(204);
    expect(await status(secret)).toBe(401);
  });

  it("works until it expires, and is then refused", async () => {
    await newClient("expiring");
    const soon = new Date(Date.now() + 1_500).toISOString();
    const { secret, body } = await newKey("expiring", { scopes: ["ingest"], expires_at: soon });
    expect(body.expires_at).toBe(soon);
    expect(await status(secret)).toBe(202);
    await vi.waitFor(async () => expect(await status(secret)).toBe(401), { timeout: 10_000, interval: 100 });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(soon));
    expect((await send(deps, secret, anEvent())).body.code).toBe("expired-api-key");
  });

  it("is refused with an invalid or out-of-range expiry", async () => {
    const params = { client_id: "admin" };
    for (const expires_at of ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "tomorrow"]) {
      const body = { scopes: ["read"], expires_at };
      expect((await ask("POST /v1/clients/{client_id}/keys", { params, body })).body.code).toBe(
        "invalid-body",
      );
    }
  });

  it("works once imported, though it was tried before, and can be imported only once", async () => {
    for (const id of ["import", "thief"]) await newClient(id);
    const secret = "sk_live:abcdefgh.0123456789~!";
    expect(await send(deps, secret, anEvent())).toMatchObject({
      status: 401,
      body: { code: "invalid-api-key" },
    });
    expect(
      await deps.redis.hget(deps.shards.first.apiKey(hashSecret(secret).toString("base64url")), "state"),
    ).toBe("unknown");
    const past = { scopes: ["ingest" as const], expires_at: new Date(Date.now() - 1) };
    await expect(importKey(deps, "import", secret, past)).rejects.toMatchObject({ code: "invalid-body" });
    const key = await importKey(deps, "import", secret, { scopes: ["ingest"] });
    expect(key.prefix).toBe("sk_l");
    expect(await status(secret)).toBe(202);
    await expect(importKey(deps, "thief", secret, { scopes: ["ingest"] })).rejects.toMatchObject({
      code: "conflict",
    });
    await revoke("import", key.key_id);
    expect(await status(secret)).toBe(401);
  });

  it("is not imported if it is too short, too long, or has characters that are not plain", async () => {
    for (const secret of ["short", "with a space in it", "ünïcödé-ünïcödé-ünïcödé", "x".repeat(257)])
      await expect(importKey(deps, "admin", secret, { scopes: ["read"] })).rejects.toMatchObject({
        status: 422,
      });
  });

  it("without the scope admin can't call admin operations", async () => {
    const { secret } = await addClient(deps, "mere", { scopes: ["ingest", "read", "audit"] });
    for (const call of ["GET /v1/clients", "GET /v1/quarantine"])
      expect(await ask(call, { key: secret })).toMatchObject({
        status: 403,
        body: { code: "insufficient-scope" },
      });
  });
});
