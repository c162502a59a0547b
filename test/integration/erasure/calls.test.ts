import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import * as contract from "../../../lib/erasure/contract.ts";
import { type ErasureCalls, erasureCalls, erasureSystem, request, SUBJECT } from "../../support/erasures.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { workAt } from "../../support/maintenance.ts";
import { addClient, drainAll } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

let deps: Deps;
let calls: ErasureCalls;
/** Calls with a key without the scope admin. */
let reader: ErasureCalls;
vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps, getConnectedDeps: () => deps }));
const { handler: admin } = await import("../../../functions/admin.ts");

beforeEach(async () => {
  deps = await testDeps();
  const { secret, ...others } = await erasureSystem(deps, admin);
  calls = others;
  reader = erasureCalls(admin, secret);
});

describe("a value", () => {
  const payloads = {
    number: '{"v":7}',
    decimal: '{"v":7.00}',
    exponent: '{"v":70e-1}',
    text: '{"v":"7"}',
    yes: '{"v":true}',
    yesText: '{"v":"true"}',
    long: '{"v":12345678901234567890}',
    longer: '{"v":12345678901234567891}',
    huge: '{"v":1e400}',
    hugest: '{"v":1e999999}',
    nothing: '{"v":null}',
    object: '{"v":{"v":7}}',
    list: '{"v":[7]}',
    none: "{}",
    quoted: '{"v":"it\'s \\"7\\""}',
  };

  it.each([
    ["v", "7", ["number", "decimal", "exponent"]],
    ["v", '"7"', ["text"]],
    ["v", "true", ["yes"]],
    ["v", "12345678901234567890", ["long"]],
    ["v", "10.0e399", ["huge"]],
    ["v", "1e999999", ["hugest"]],
    ["v.v", "7", ["object"]],
    ["v.0", "7", ["list"]],
    ["v", '"it\'s \\"7\\""', ["quoted"]],
    ["w", "7", []],
  ])("at payload.%s, %s, matches %j, in events and in quarantine", async (path, value, names) => {
    for (const [name, payload] of Object.entries(payloads)) {
      await workAt(deps, "shop", Date.now(), [{ eventId: name, at: Date.now(), payload }]);
      await deps.sql`
        INSERT INTO quarantine (client_id, event_key, event, reason, detail, received_at, receipt_id)
        VALUES ('shop', ${randomUUID()}, ${Buffer.from(`["${name}","t","2026-01-01T00:00:00Z"]\t${payload}`)}, 'x', 'x', ${new Date()}, ${randomUUID()})`;
    }
    const request = `{"client":"shop","property":"payload.${path}","value":${value}}`;
    const { status, body } = await calls.erase(request);
    expect([status, body.status]).toEqual([202, "completed"]);
    const erased = await deps.sql<{ id: string }[]>`
      SELECT event_id AS id FROM events WHERE payload::text = '{"erased":true}' ORDER BY event_id`;
    expect(erased.map(({ id }) => id)).toEqual([...names].sort());
    const lines = await deps.sql<{ line: string }[]>`
      SELECT convert_from(event, 'UTF8') AS line FROM quarantine WHERE detail = 'erased'`;
    const found = lines.map(({ line }) => JSON.parse(line.split("\t")[0] ?? "")[0]);
    expect(found.sort()).toEqual([...names].sort());
  });

  it.each([
    { value: null },
    { value: ["a"] },
    { value: { a: 1 } },
    { value: "" },
    { property: "user" },
    { property: "payload" },
    { property: "payload..a" },
    { property: 7 },
    { client: undefined },
    { more: 1 },
  ])("is refused with %j, and not repeated in the error", async (part) => {
    const answer = await calls.erase({ ...request, ...part });
    expectProblem(answer, 422, "invalid-body");
    expect(JSON.stringify(answer.body)).not.toContain(SUBJECT);
  });
});

describe("erasures", () => {
  it("need the scope admin and an existing client", async () => {
    expectProblem(await reader.erase(), 403, "insufficient-scope");
    expect(await calls.erase({ ...request, client: "nobody" })).toMatchObject({ status: 404 });
    expect(await calls.look(randomUUID())).toMatchObject({ status: 404 });
  });

  it("are listed newest first, page by page, without their values", async () => {
    await addClient(deps, "other");
    for (let n = 0; n < 5; n++) {
      await calls.erase({ ...request, client: n === 2 ? "other" : "shop" });
      await drainAll(deps);
    }
    const seen: unknown[] = [];
    let cursor: string | null = null;
    do {
      const { status, body } = await calls.ask("GET /v1/erasures", "/v1/erasures", {
        query: { limit: "2", client: "shop", ...(cursor !== null && { cursor }) },
      });
      expect(status).toBe(200);
      expect(contract.listErasures.responses[200].safeParse(body).error).toBeUndefined();
      expect(JSON.stringify(body)).not.toContain(SUBJECT);
      seen.push(...(body.erasures as { requested_at: string }[]).map(({ requested_at }) => requested_at));
      cursor = body.next_cursor as string | null;
    } while (cursor !== null);
    expect(seen).toHaveLength(4);
    expect(seen).toEqual(seen.toSorted().reverse());
  });
});
