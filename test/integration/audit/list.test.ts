import { describe, expect, test } from "vitest";
import * as contract from "../../../lib/audit/contract.ts";
import type { Audited } from "../../../lib/audit/record/seal.ts";
import { uuidv7 } from "../../../lib/base/ids.ts";
import { aCall, sealCalls } from "../../support/audit/trail.ts";
import { parseCsv } from "../../support/http/csv.ts";
import { listAll, pagesOf } from "../../support/http/pages.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { type Ask, askerOf } from "../../support/http/reading.ts";
import { testDeps } from "../../support/servers/deps.ts";

const BASE = Date.now() - 3_600_000;
const STATUSES = [202, 200, 401, 429, 503];
const PATHS = ["/v1/events", "/v1/events/e_1", "/v1/events%", "/v1/audit"];

const deps = await testDeps();
const admin = await askerOf(deps, "boss", ["admin"]);
const acme = await askerOf(deps, "acme", ["audit"]);
const recorded = Array.from({ length: 60 }, (_, n): Audited => {
  const client_id = [null, "acme", "beta"][n % 3] ?? null;
  // Three calls at each time, so that the request id decides the order.
  return aCall(BASE + Math.floor(n / 3), {
    client_id,
    key_prefix: client_id && `weir_${client_id}_abcd`,
    method: n % 2 === 0 ? "GET" : "POST",
    route: n % 4 === 1 ? "/v1/events/{event_id}" : "/v1/events",
    path: PATHS[n % 4] ?? "",
    status: STATUSES[n % 5] ?? 0,
    address: `203.0.113.${n % 6}`,
    user_agent: "=HYPERLINK(1)",
  });
});
const some = recorded[7] as Audited;
await sealCalls(deps, recorded);

const readAll = (ask: Ask, query: Record<string, string>): Promise<Record<string, unknown>[]> =>
  listAll(ask, contract.listAudit, "entries", query);

describe("GET /v1/audit", () => {
  test("pages through all entries, newest first, including calls with an unknown key", async () => {
    const all = await readAll(admin, {});
    expect(all).toHaveLength(60);
    const keys = all.map(({ at, request_id }) => `${at} ${request_id}`);
    expect(keys).toEqual(keys.toSorted().reverse());
    expect(all.filter(({ client_id }) => client_id === null)).toHaveLength(20);
    for (const limit of ["1", "7"]) expect(await readAll(admin, { limit })).toEqual(all);
  });

  test("returns only the key's own client's calls without admin", async () => {
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
    [{ route: "/v1/events/{event_id}" }, 15],
    [{ route: "/v1/events/{event_id}*" }, 0],
    [{ address: "203.0.113.4" }, 10],
    [{ address: "203.0.113.4", status: "2xx" }, 4],
    [{ request_id: "01890000-0000-7000-8000-000000000000" }, 0],
    [{ request_id: "61890000-0000-4000-8000-000000000000" }, 0],
  ])("filters by %j", async (query, count) => {
    expect(await readAll(admin, query as Record<string, string>)).toHaveLength(count);
  });

  test("finds a call by its request id, whether or not the id contains its time", async () => {
    const found = await readAll(admin, { request_id: some.id });
    expect(found).toMatchObject([{ request_id: some.id, address: "203.0.113.1", erased: false }]);
    const id = uuidv7(BASE + 3);
    await sealCalls(deps, [{ ...some, id, at: BASE - 5 }]);
    expect(await readAll(admin, { request_id: id })).toMatchObject([{ request_id: id }]);
    expect(await readAll(acme, { request_id: id })).toHaveLength(1);
    await deps.sql`DELETE FROM audit_personal p USING audit_log a WHERE a.request_id = ${id} AND p.at = a.at`;
    const erased = { erased: true, address: null, user_agent: null };
    expect(await readAll(admin, { request_id: id })).toMatchObject([erased]);
    const bad = await admin(contract.listAudit, { query: { request_id: "7" } });
    expectProblem(bad, 400, "invalid-parameter", "request_id");
  });

  test("takes start as inclusive and end as exclusive", async () => {
    const at = (ms: number): string => new Date(BASE + ms).toISOString();
    expect(await readAll(admin, { start: at(5), end: at(7) })).toHaveLength(6);
    expect(await readAll(admin, { start: at(5).replace("Z", "001Z"), end: at(7) })).toHaveLength(3);
  });

  test("refuses an invalid cursor", async () => {
    const answer = await admin(contract.listAudit, { query: { cursor: "bm9uZQ" } });
    expectProblem(answer, 400, "invalid-parameter", "cursor");
  });
});

describe("GET /v1/audit/export?format=csv", () => {
  test("has the entries and order of the list, and no formula", async () => {
    const query = { status: "4xx", end: new Date(BASE + 15).toISOString() };
    const list = await readAll(admin, query);
    const pieces: string[] = [];
    for await (const piece of pagesOf(admin, contract.exportAudit, { ...query, format: "csv", limit: "7" })) {
      expect(piece.headers).toMatchObject({
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": 'attachment; filename="audit.csv"',
      });
      pieces.push(piece.text);
    }
    expect(pieces.length).toBe(Math.ceil(list.length / 7));
    const [head = [], ...rows] = parseCsv(pieces.join(""));
    expect(new Set(head)).toEqual(new Set(Object.keys(list[0] ?? {})));
    expect(rows).toHaveLength(list.length);
    for (const [index, row] of rows.entries())
      for (const [column, name] of head.entries()) {
        const value = list[index]?.[name];
        const text = value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
        expect([name, row[column]?.replace(/^'/, "")]).toEqual([name, text]);
      }
    const agents = rows.map((row) => row[head.indexOf("user_agent")]);
    expect(new Set(agents)).toEqual(new Set(["'=HYPERLINK(1)", ""]));
  });
});
