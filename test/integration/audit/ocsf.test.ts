/** Following the audit log as OCSF events. */
import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { followAudit } from "../../../lib/audit/contract.ts";
import type { Audited } from "../../../lib/audit/record/seal.ts";
import { aCall, sealCalls } from "../../support/audit/trail.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { type Ask, askerOf } from "../../support/http/reading.ts";
import { testDeps } from "../../support/servers/deps.ts";

const schema = JSON.parse(
  await readFile(new URL("../../fixtures/ocsf/api-activity-1.8.0.json", import.meta.url), "utf8"),
);
// Patterns of addresses contain escapes that are needless with the flag u.
const isOcsf = new Ajv2020({ strict: false, unicodeRegExp: false }).compile(schema);

const deps = await testDeps();
const admin = await askerOf(deps, "boss", ["admin"]);
const acme = await askerOf(deps, "acme", ["audit"]);
const BASE = Date.now() - 3_600_000;
let made = 0;
const callsOf = (count: number, row: Parameters<typeof aCall>[1] = {}): Audited[] =>
  Array.from({ length: count }, () => aCall(BASE + made++, row));

interface Event {
  time: number;
  metadata: { uid: string; original_event_uid: string };
  [member: string]: unknown;
}

/** Polls until nothing comes. */
async function follow(ask: Ask, after?: string, query: Record<string, string> = {}) {
  const events: Event[] = [];
  for (let cursor = after; ; ) {
    const { body } = await ask(followAudit, {
      query: { ...query, ...(cursor !== undefined && { after: cursor }) },
    });
    events.push(...(body.events as Event[]));
    cursor = body.next_cursor as string;
    if ((body.events as Event[]).length === 0) return { events, cursor };
  }
}
const idsOf = (events: readonly Event[]): string[] => events.map(({ metadata }) => metadata.uid);

describe("GET /v1/audit/ocsf", () => {
  it("returns events that the published schema accepts", async () => {
    const { cursor } = await follow(admin);
    const rows = [
      aCall(BASE, { client_id: "acme", key_prefix: "weir_acme_ab", status: 200, address: "203.0.113.7" }),
      aCall(BASE + 1, {
        client_id: null,
        key_prefix: null,
        status: 401,
        address: "2001:db8::1",
        user_agent: null,
      }),
      aCall(BASE + 2, {
        method: "CLI",
        route: "client create",
        path: "client create",
        address: null,
        status: 201,
      }),
      aCall(BASE + 3, {
        method: "PATCH",
        status: 503,
        bytes_out: null,
        change: { before: { burst: 1 }, after: { burst: 2 } },
      }),
      aCall(BASE + 4, { method: "DELETE", status: 204, address: "not an address" }),
    ];
    await sealCalls(deps, rows);
    const { events } = await follow(admin, cursor);
    for (const event of events) expect(isOcsf(event), JSON.stringify(isOcsf.errors)).toBe(true);
    expect(isOcsf({ ...events[0], time: "now" })).toBe(false);
    expect(events).toMatchObject([
      { type_uid: 600301, severity_id: 1, status_id: 1, time: BASE, src_endpoint: { ip: "203.0.113.7" } },
      { status_id: 2, severity_id: 2, status_code: "401", actor: { user: { name: "anonymous" } } },
      { activity_id: 99, type_uid: 600399, src_endpoint: { name: "unknown" } },
      { activity_id: 3, severity_id: 3, unmapped: { change: { before: { burst: 1 }, after: { burst: 2 } } } },
      { activity_id: 4, src_endpoint: { name: "not an address" } },
    ]);
    expect(events[0]).toMatchObject({
      actor: { user: { uid: "acme" } },
      api: { token: { uid: "weir_acme_ab" } },
    });
    expect(events[3]?.http_response).not.toHaveProperty("body_length");
  });

  it("gives each entry once with any limit, though others are written meanwhile", async () => {
    const begin = (await admin(followAudit, { query: { after: "latest" } })).body.next_cursor as string;
    const rows = callsOf(60);
    const writers = [0, 1, 2, 3].map(async (writer) => {
      for (let n = 0; n < 5; n++)
        await sealCalls(deps, rows.slice(writer * 15 + n * 3, writer * 15 + n * 3 + 3));
    });
    let writing = true;
    const written = Promise.all(writers).finally(() => {
      writing = false;
    });
    const seen: Event[] = [];
    let cursor = begin;
    for (let last = false; !last; ) {
      last = !writing;
      const part = await follow(admin, cursor, { limit: "4" });
      seen.push(...part.events);
      cursor = part.cursor;
    }
    await written;
    const ids = rows.map(({ id }) => id);
    expect(idsOf(seen).toSorted()).toEqual(ids.toSorted());
    for (const limit of ["1", "7", "10000"])
      expect(idsOf((await follow(admin, begin, { limit })).events).toSorted()).toEqual(ids.toSorted());
  });

  it("filters, and shows a client its own calls only", async () => {
    const { cursor } = await follow(admin);
    await sealCalls(deps, [
      ...callsOf(3, { client_id: "acme", status: 429 }),
      ...callsOf(2, { client_id: "beta", status: 200 }),
    ]);
    expect((await follow(acme, cursor)).events).toHaveLength(3);
    expect((await follow(admin, cursor, { client: "beta" })).events).toHaveLength(2);
    expect((await follow(admin, cursor, { status: "4xx" })).events).toHaveLength(3);
    expect((await follow(acme, cursor, { status: "2xx" })).events).toEqual([]);
    expectProblem(await acme(followAudit, { query: { client: "beta" } }), 403, "insufficient-scope");
    expectProblem(await admin(followAudit, { query: { after: "nonsense" } }), 400, "invalid-parameter");
  });

  it("begins with the seals of a day, or after the last one", async () => {
    const yesterday = Date.now() - 86_400_000;
    await sealCalls(deps, [aCall(yesterday, { path: "/yesterday" })]);
    const all = await follow(admin, undefined, { path: "/yesterday" });
    expect(all.events).toHaveLength(1);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    expect((await follow(admin, undefined, { start: tomorrow })).events).toEqual([]);
    expect((await follow(admin, "latest")).events).toEqual([]);
  });

  it("shows an erased entry without the caller's address", async () => {
    const { cursor } = await follow(admin);
    await sealCalls(deps, [aCall(BASE, { address: "203.0.113.99", user_agent: "curl" })]);
    await deps.sql`DELETE FROM audit_personal WHERE address = '203.0.113.99'`;
    const { events } = await follow(admin, cursor);
    expect(events).toMatchObject([{ src_endpoint: { name: "erased" }, unmapped: { erased: true } }]);
    expect(events[0]?.http_request).not.toHaveProperty("user_agent");
    expect(isOcsf(events[0]), JSON.stringify(isOcsf.errors)).toBe(true);
  });
});
