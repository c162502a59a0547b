import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import * as contract from "../../lib/contract/audit.ts";
import type { Deps } from "../../lib/deps.ts";
import { testDeps } from "../support/deps.ts";
import { addClient } from "../support/pipeline.ts";
import { type Ask, asker } from "../support/reading.ts";

let deps: Deps;
let admin: Ask;
let acme: Ask;

interface Page {
  entries: Record<string, unknown>[];
  next_cursor: string | null;
}

const BASE = Date.now() - 3_600_000;

const insert = async (entry: {
  ms: number;
  client: string | null;
  method: string;
  path: string;
  status: number;
}) => {
  const { ms, client, method, path, status } = entry;
  await deps.sql`
    INSERT INTO audit_log (at, request_id, client_id, key_prefix, method, route, path, status, duration_ms, address,
                           user_agent, bytes_in, bytes_out)
    VALUES (${new Date(BASE + ms)}, ${randomUUID()}, ${client}, ${client && `weir_${client}_abcd`}, ${method},
            '/v1/events', ${path}, ${status}, 3, '203.0.113.7', 'test', 10, NULL)`;
};

beforeAll(async () => {
  deps = await testDeps();
  admin = asker(deps, (await addClient(deps, "boss", { scopes: ["admin"] })).secret);
  acme = asker(deps, (await addClient(deps, "acme", { scopes: ["audit"] })).secret);
  const statuses = [202, 200, 401, 429, 503];
  const paths = ["/v1/events", "/v1/events/e_1", "/v1/events%", "/v1/audit"];
  for (let index = 0; index < 60; index++)
    await insert({
      // Three at a time, so that the request id decides.
      ms: Math.floor(index / 3),
      client: [null, "acme", "beta"][index % 3] ?? null,
      method: index % 2 === 0 ? "GET" : "POST",
      path: paths[index % 4] ?? "",
      status: statuses[index % 5] ?? 0,
    });
});

async function readAll(ask: Ask, query: Record<string, string>): Promise<Record<string, unknown>[]> {
  const entries: Record<string, unknown>[] = [];
  let next: Record<string, string> | undefined = query;
  while (next) {
    const { body, headers } = await ask(contract.listAudit, { query: next });
    const page = body as unknown as Page;
    entries.push(...page.entries);
    const [, link] = /^<\/v1\/audit\?(.*)>; rel="next"$/.exec(String(headers.link ?? "")) ?? [];
    next = link === undefined ? undefined : Object.fromEntries(new URLSearchParams(link));
    expect(next?.cursor ?? null).toBe(page.next_cursor);
  }
  return entries;
}

describe("GET /v1/audit", () => {
  test("pages through all entries, newest first, calls of nobody known included", async () => {
    const all = await readAll(admin, {});
    expect(all).toHaveLength(60);
    const keys = all.map(({ at, request_id }) => `${at} ${request_id}`);
    expect(keys).toEqual(keys.toSorted().reverse());
    expect(all.filter(({ client_id }) => client_id === null)).toHaveLength(20);
    for (const limit of ["1", "7"]) expect(await readAll(admin, { limit })).toEqual(all);
  });

  test("a key without admin sees its own client's calls alone", async () => {
    const own = await readAll(acme, { limit: "7" });
    expect(own).toHaveLength(20);
    expect(new Set(own.map(({ client_id }) => client_id))).toEqual(new Set(["acme"]));
    expect((await acme(contract.listAudit, { query: { client: "beta" } })).status).toBe(403);
    expect(await readAll(admin, { client: "acme" })).toEqual(own);
  });

  test.each([
    [{ method: "POST" }, 30],
    [{ status: "401" }, 12],
    [{ status: "4xx" }, 24],
    [{ status: "5xx" }, 12],
    [{ path: "/v1/events" }, 15],
    [{ path: "/v1/events*" }, 45],
    [{ path: "/v1/events%*" }, 15],
    [{ path: "/v1/events/e_*" }, 15],
    [{ path: "/v1/events/e__" }, 0],
    [{ path: "*" }, 60],
    [{ method: "GET", status: "2xx", path: "/v1/events" }, 6],
    [{ client: "nobody" }, 0],
  ])("narrows to %j", async (query, count) => {
    expect(await readAll(admin, query as Record<string, string>)).toHaveLength(count);
  });

  test("takes start as inclusive and end as exclusive", async () => {
    const at = (ms: number): string => new Date(BASE + ms).toISOString();
    expect(await readAll(admin, { start: at(5), end: at(7) })).toHaveLength(6);
    expect(await readAll(admin, { start: at(5).replace("Z", "001Z"), end: at(7) })).toHaveLength(3);
  });

  test("refuses a cursor that is none", async () => {
    const { status, body } = await admin(contract.listAudit, { query: { cursor: "bm9uZQ" } });
    expect([status, body.code, body.errors[0]?.parameter]).toEqual([400, "invalid-parameter", "cursor"]);
  });
});
