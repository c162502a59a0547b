/** Questions that are answered in parts: the answers are those of the calls that answer at once. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import * as properties from "../../../lib/analytics/properties-contract.ts";
import type { Deps } from "../../../lib/app/connect.ts";
import { DAY_MS, HOUR_MS } from "../../../lib/base/time.ts";
import { createErasure } from "../../../lib/erasure/erasures.ts";
import { type Call, serve } from "../../../lib/http/call.ts";
import { advanceQuery } from "../../../lib/queries/advance.ts";
import * as contract from "../../../lib/queries/contract.ts";
import { createQuery, deleteQuery, getQuery, listQueries } from "../../../lib/queries/queries.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { type Ask, aRow, asker, insertRows } from "../../support/http/reading.ts";
import { runAt } from "../../support/maintenance.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps: Deps = await testDeps();
const SIZES = { top: 40, uniques: 40, funnel: 40 };
const served = [
  serve(contract.createQuery, (call: Call<Deps, typeof contract.createQuery>) => createQuery(call, SIZES)),
  serve(contract.getQuery, getQuery),
  serve(contract.listQueries, listQueries),
  serve(contract.deleteQuery, deleteQuery),
];
const now = Date.now();

const keyOf = async (client: string, scopes: ("read" | "admin")[] = ["read"]): Promise<string> =>
  (await addClient(deps, client, { scopes })).secret;
const acmeKey = await keyOf("acme");
const acme = asker(deps, acmeKey, served);
const atOnce = asker(deps, acmeKey);
const other = asker(deps, await keyOf("beta"), served);
const admin = asker(deps, await keyOf("boss", ["admin"]), served);

/** Events of 40 days with few and many values, some of them without the property. */
const rows = Array.from({ length: 600 }, (_, n) =>
  aRow({
    event_id: `event-${n}`,
    event_type: ["seen", "chosen", "bought"][n % 3] ?? "",
    event_time: new Date(now - 40 * DAY_MS + Math.floor((n * 40 * DAY_MS) / 600)).toISOString(),
    processed_at: new Date(now - 1_000).toISOString(),
    payload: n % 11 === 0 ? "{}" : JSON.stringify({ user: `user-${(n * 7) % 50}`, place: n % 5, n }),
  }),
);
await insertRows(deps, rows);
await insertRows(deps, [aRow({ client_id: "beta", payload: '{"user":"of beta"}' })]);

interface Asked {
  status: string;
  parts_done: number;
  cost: { events: number; parts: number };
  result: Record<string, unknown> | null;
}

async function create(body: object, ask: Ask = acme): Promise<string> {
  const answer = await ask(contract.createQuery, { body });
  expect(answer.status, answer.text).toBe(202);
  return String(answer.body.query_id);
}

const read = async (query_id: string, wait = "20", ask: Ask = acme): Promise<Asked> =>
  (await ask(contract.getQuery, { params: { query_id }, query: { wait } })).body as unknown as Asked;

describe("a query in parts answers as the call that answers at once", () => {
  const start = new Date(now - 35 * DAY_MS - 1_234).toISOString();
  const end = new Date(now - 2 * DAY_MS - 4_321).toISOString();
  const ranges = [{}, { start }, { start, end }, { event_type: "seen", end }, { where: ["payload.place>1"] }];

  it.each(ranges)("top, %j", async (range) => {
    const id = await create({ kind: "top", property: "payload.user", limit: 50, ...range });
    const { status, cost, parts_done, result } = await read(id);
    expect([status, parts_done]).toEqual(["completed", cost.parts]);
    expect(cost.parts).toBeGreaterThan(3);
    const { values, events, too_long } = (
      await atOnce(properties.getTop, { query: { property: "payload.user", limit: "50", ...range } })
    ).body;
    expect(result).toEqual({ values, events, too_long, max_missing: 0 });
  });

  it("uniques, with buckets", async () => {
    const asked = { property: "payload.user", interval: "week", tz: "Asia/Kolkata", start, end };
    const { result } = await read(await create({ kind: "uniques", ...asked }));
    const exact = (await atOnce(properties.getUniques, { query: asked })).body;
    // For so few values, an estimate is as good as exact.
    expect(result).toEqual({
      count: exact.count,
      buckets: exact.buckets,
      method: "hyperloglog",
      relative_error: 0.0081,
    });
  });

  it("uniques, over all clients, for an administrator", async () => {
    const asked = { kind: "uniques", property: "payload.user" };
    expect((await read(await create(asked, admin), "20", admin)).result?.count).toBe(51);
    expect((await read(await create(asked))).result?.count).toBe(50);
    expect((await read(await create({ ...asked, client: "beta" }, admin), "20", admin)).result?.count).toBe(
      1,
    );
  });

  it("funnel", async () => {
    const body = {
      key: "payload.user",
      window_seconds: 15 * 86_400,
      steps: [
        { event_type: "seen" },
        { event_type: "chosen", where: ["payload.place<4"] },
        { event_type: "bought" },
      ],
      start,
    };
    const { result, cost } = await read(await create({ kind: "funnel", ...body }));
    expect(cost.parts).toBeGreaterThan(5);
    const { steps } = (await atOnce(properties.getFunnel, { body })).body;
    expect(result).toEqual({ steps });
    expect((steps as { count: number }[])[2]?.count).toBeGreaterThan(0);
  });

  it("without any event", async () => {
    const empty = { event_type: "never" };
    expect((await read(await create({ kind: "top", property: "payload.user", ...empty }))).result).toEqual({
      values: [],
      events: 0,
      too_long: 0,
      max_missing: 0,
    });
    const weekly = { kind: "uniques", property: "payload.user", interval: "week", ...empty };
    expect((await read(await create(weekly))).result).toMatchObject({ count: 0, buckets: [] });
  });
});

describe("a query", () => {
  const question = { kind: "top", property: "payload.place" };

  it("counts no event that is stored after it was asked", async () => {
    const id = await create(question);
    const late = aRow({
      event_time: new Date(now - 20 * DAY_MS).toISOString(),
      processed_at: new Date(Date.now() + HOUR_MS).toISOString(),
      payload: '{"place":"late"}',
    });
    await insertRows(deps, [late]);
    expect((await read(id)).result).toMatchObject({ events: 545 });
    await deps.sql`DELETE FROM events WHERE event_id = ${late.event_id}`;
  });

  it("goes on where the call before ended, also while several calls work on it", async () => {
    const id = await create(question);
    expect(await read(id, "0")).toMatchObject({ status: "running", parts_done: 0, result: null });
    // As calls whose time ends after their first part or two.
    let begun = await read(id, "0");
    while (begun.parts_done === 0) {
      await advanceQuery(deps.sql, id, "acme", Date.now() + 15);
      begun = await read(id, "0");
    }
    expect(begun).toMatchObject({ status: "running", result: null });
    const all = await Promise.all([read(id), read(id), read(id)]);
    for (const one of all) expect(one).toMatchObject({ status: "completed", result: { events: 545 } });
  });

  it("is taken over from a call that ended without a word", async () => {
    const id = await create(question);
    await deps.sql`UPDATE queries SET claim = ${randomUUID()}, claimed_until = now() + interval '1 minute' WHERE query_id = ${id}`;
    expect(await read(id, "1")).toMatchObject({ status: "running", parts_done: 0 });
    await deps.sql`UPDATE queries SET claimed_until = now() - interval '1 second' WHERE query_id = ${id}`;
    expect((await read(id)).status).toBe("completed");
  });

  it("divides a part that takes too long, and fails if that can't help", async () => {
    const id = await create(question);
    const { parts } = (await read(id, "0")).cost;
    // Its first part is too short to be divided.
    const stuck = await create(question);
    await deps.sql`
      UPDATE queries SET question = jsonb_set(question::jsonb, '{cuts}', jsonb_build_array(
        (question #>> '{question,scope,start,text}')::timestamptz + interval '1 second'))::json WHERE query_id = ${stuck}`;
    const lock = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    // What takes too long: the table is locked.
    const holding = deps.sql.begin(async (tx) => {
      await tx`LOCK TABLE events IN ACCESS EXCLUSIVE MODE`;
      locked.resolve();
      await lock.promise;
    });
    await locked.promise;
    const advance = (query: string) => advanceQuery(deps.sql, query, "acme", Date.now() + 400, 200);
    // A call that ends before the part's time is up changes nothing.
    const early = await advanceQuery(deps.sql, stuck, "acme", Date.now() + 100, 200, 100);
    const [end, halved] = await Promise.all([advance(stuck), advance(id)]).finally(lock.resolve);
    await holding;
    expect(early).toMatchObject({ status: "running", parts_done: 0 });
    expect(halved).toMatchObject({ status: "running", parts_done: 0 });
    expect(halved?.parts).toBeGreaterThan(parts);
    expect(await read(id)).toMatchObject({ status: "completed", result: { events: 545 } });
    expect(end).toMatchObject({ status: "failed", error: expect.stringContaining("shorter range") });
  });

  it("is for its client's keys only", async () => {
    const id = await create(question);
    const params = { query_id: id };
    expectProblem(await other(contract.getQuery, { params }), 404, "not-found");
    expectProblem(await other(contract.deleteQuery, { params }), 404, "not-found");
    expectProblem(
      await other(contract.createQuery, { body: { ...question, client: "acme" } }),
      403,
      "insufficient-scope",
    );
    expect((await admin(contract.getQuery, { params })).status).toBe(200);
    expectProblem(await acme(contract.getQuery, { params: { query_id: "none" } }), 404, "not-found");
  });

  it("ends when it is deleted", async () => {
    const id = await create(question);
    expect((await acme(contract.deleteQuery, { params: { query_id: id } })).status).toBe(204);
    expectProblem(await acme(contract.getQuery, { params: { query_id: id } }), 404, "not-found");
  });

  it("tells its cost before it is asked, and then stores nothing", async () => {
    const [{ count: before }] = await deps.sql<
      [{ count: number }]
    >`SELECT count(*)::int AS count FROM queries`;
    const answer = await acme(contract.createQuery, { body: { ...question, dry_run: true } });
    expect(answer).toMatchObject({ status: 200, body: { cost: { events: 601, parts: expect.any(Number) } } });
    const [{ count: after }] = await deps.sql<
      [{ count: number }]
    >`SELECT count(*)::int AS count FROM queries`;
    expect(after).toBe(before);
  });

  it("is refused with too many buckets", async () => {
    const hourly = { kind: "uniques", property: "payload.user", interval: "hour" };
    expectProblem(await acme(contract.createQuery, { body: hourly }), 422, "query-too-broad");
  });
});

describe("the queries of a client", () => {
  it("are at most ten that run, and are listed in pages, newest first", async () => {
    const list = asker(deps, await keyOf("many"), served);
    const body = { kind: "top", property: "payload.user" };
    const ids: string[] = [];
    for (let n = 0; n < 10; n++) ids.push(await create(body, list));
    expectProblem(await list(contract.createQuery, { body }), 409, "conflict");
    await read(ids[0] ?? "", "20", list);
    ids.push(await create(body, list));

    const listed: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await list(contract.listQueries, {
        query: { limit: "4", ...(cursor !== undefined && { cursor }) },
      });
      listed.push(...(page.body.queries as { query_id: string }[]).map(({ query_id }) => query_id));
      cursor = page.body.next_cursor as string | null;
    }
    expect(listed).toEqual(ids.toReversed());
  });

  it("are deleted when an erasure of their client completes", async () => {
    const question = { kind: "top", property: "payload.user" };
    const erased = [await create(question), await create(question, admin)];
    const others = [await create(question, other), await create({ ...question, client: "beta" }, admin)];
    for (const id of [...erased, ...others]) expect((await read(id, "20", admin)).status).toBe("completed");
    const erasure = { client: "acme", property: "payload.user", value: "user-7" };
    const asked = { caller: { clientId: "boss", keyPrefix: null }, receivedAt: Date.now() };
    expect((await createErasure(deps, erasure, asked)).status).toBe("completed");
    const status = async (id: string): Promise<number> =>
      (await admin(contract.getQuery, { params: { query_id: id } })).status;
    expect(await Promise.all(erased.map(status))).toEqual([404, 404]);
    expect(await Promise.all(others.map(status))).toEqual([200, 200]);
  });

  it("are deleted after a week", async () => {
    const id = await create({ kind: "top", property: "payload.user" });
    await deps.sql`UPDATE queries SET created_at = now() - interval '8 days' WHERE query_id = ${id}`;
    const young = await create({ kind: "top", property: "payload.user" });
    await runAt(deps, Date.now());
    expectProblem(await acme(contract.getQuery, { params: { query_id: id } }), 404, "not-found");
    expect((await read(young)).status).toBe("completed");
  });
});
