import { describe, expect, it, vi } from "vitest";
import { someEvents } from "../../support/faults.ts";
import { adminApi, failingWrites } from "../../support/http/admin-api.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { addClient, anEvent, send } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps, getConnectedDeps: () => deps }));
const deps = await testDeps();
const { handler } = await import("../../../functions/admin.ts");
const adminKey = (await addClient(deps, "admin", { scopes: ["admin"] })).secret;
const { ask, newClient, newKey, change, statusOf } = adminApi(handler, deps, adminKey);

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
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
  });

  it.each([
    [{ name: "" }, "/name"],
    [{ name: "nul\0" }, "/name"],
    [{ name: "half \ud800" }, "/name"],
    [{ name: "x", client_id: "Upper" }, "/client_id"],
    [{ name: "x", burst: 0 }, "/burst"],
    [{ name: "x", rate: 1 }, "/rate"],
  ])("is refused as %j, with an error that names %s", async (body, pointer) => {
    expectProblem(await ask("POST /v1/clients", { body }), 422, "invalid-body", pointer);
  });

  it.each([
    ["GET /v1/clients/{client_id}", undefined],
    ["PATCH /v1/clients/{client_id}", { name: "x" }],
    ["GET /v1/clients/{client_id}/keys", undefined],
    ["POST /v1/clients/{client_id}/keys", { scopes: ["read"] }],
  ])("gets 404 from %s if it does not exist", async (call, body) => {
    expect((await ask(call, { params: { client_id: "nobody" }, body })).status).toBe(404);
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
    expect(await statusOf(secret)).toBe(202);
    expect((await change("switch", { active: false })).body.active).toBe(false);
    expectProblem(await send(deps, secret, anEvent()), 403, "client-inactive");
    await change("switch", { active: true });
    expect(await statusOf(secret)).toBe(202);
  });

  it("has a new rate limit at once", async () => {
    await newClient("limit", { burst: 10, rate_limit_per_second: 1 });
    const { secret } = await newKey("limit");
    const events = someEvents(11);
    expect((await send(deps, secret, events)).status).toBe(413);
    const { body } = await change("limit", { burst: 50, rate_limit_per_second: 25 });
    expect(body).toMatchObject({ burst: 50 });
    const answer = await send(deps, secret, events);
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
    const answer = await failingWrites(deps, () => change("untold", { name: "Told" }));
    expect(answer).toMatchObject({
      status: 503,
      headers: { "retry-after": expect.stringMatching(/^\d+$/) },
      body: { code: "queue-unavailable", detail: expect.stringContaining("is stored") },
    });
    const [row] = await deps.sql`SELECT name FROM clients WHERE client_id = 'untold'`;
    expect(row?.name).toBe("Told");
  });
});
