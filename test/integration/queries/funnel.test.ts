/** A funnel in parts: its parts continue chains of the parts before, and what they remember goes with the query. */
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countFunnel } from "../../../lib/analytics/sql/count-funnel.ts";
import { createErasure } from "../../../lib/erasure/erasures.ts";
import { serve } from "../../../lib/http/call.ts";
import { transaction } from "../../../lib/postgres/transaction.ts";
import { advanceQuery, forgetKeys } from "../../../lib/queries/advance.ts";
import * as contract from "../../../lib/queries/contract.ts";
import { MOST_KEYS } from "../../../lib/queries/kinds/funnel.ts";
import { deleteQuery } from "../../../lib/queries/queries.ts";
import { type FunnelQuestion, type Plan, scopeOf } from "../../../lib/queries/question.ts";
import { insertQuery, type QueryRow } from "../../../lib/queries/sql/queries.ts";
import { continueFunnel } from "../../../lib/queries/sql/query-keys.ts";
import { aRow, asker, insertRows, type Row } from "../../support/http/reading.ts";
import { runAt } from "../../support/maintenance.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const { sql } = deps;
const { secret } = await addClient(deps, "acme", { scopes: ["read"] });
await addClient(deps, "beta");
const acme = asker(deps, secret, [serve(contract.deleteQuery, deleteQuery)]);

const BASE = Date.parse("2026-05-01T00:00:00Z");
const STORED_BEFORE = "2026-06-01T00:00:00.000Z";
const IN_TIME = "2026-05-31T23:59:59.999999Z";

const timeAt = (second: number): string => new Date(BASE + second * 1_000).toISOString();
const instantAt = (second: number) => ({ ms: BASE + second * 1_000, text: timeAt(second) });

type FunnelPlan = Plan & { question: FunnelQuestion };

function planOf(steps: FunnelQuestion["steps"], windowSeconds: number, cuts: readonly number[]): FunnelPlan {
  const range = { start: instantAt(0), end: instantAt(100) };
  const scope = { clientId: "acme", ...range, storedBefore: STORED_BEFORE };
  return { question: { kind: "funnel", scope, key: ["user"], steps, windowSeconds }, cuts: cuts.map(timeAt) };
}

async function ask(plan: Plan): Promise<string> {
  const queryId = randomUUID();
  const query = { queryId, askedBy: "acme", kind: "funnel", request: "{}", question: JSON.stringify(plan) };
  const created = { events: 0, parts: plan.cuts.length + 1, asOf: null, createdAt: new Date().toISOString() };
  expect(await insertQuery(sql, { ...query, ...created }, 1_000_000)).toBe(true);
  return queryId;
}

async function advance(queryId: string, ms: number): Promise<QueryRow> {
  const row = await advanceQuery(sql, queryId, null, Date.now() + ms);
  if (row === undefined) throw new Error("The query is gone.");
  return row;
}

const toTheEnd = (queryId: string): Promise<QueryRow> => advance(queryId, 20_000);

/** At least one part. */
async function onePart(queryId: string, before = 0): Promise<QueryRow> {
  const row = await advance(queryId, 1);
  return row.parts_done > before ? row : onePart(queryId, before);
}

/** A call that is killed after a part, before it commits. */
const crash = (queryId: string, plan: FunnelPlan, part: number): Promise<unknown> =>
  transaction(sql, async (tx) => {
    await continueFunnel(tx, { queryId, isLast: false }, scopeOf(plan, part), plan.question);
    throw new Error("killed");
  }).catch((error: Error) => expect(error.message).toBe("killed"));

const countsIn = ({ result }: QueryRow): number[] =>
  (JSON.parse(result ?? "") as { steps: { count: number }[] }).steps.map(({ count }) => count);

const keysOf = async (queryId: string): Promise<number> =>
  (await sql`SELECT FROM query_keys WHERE query_id = ${queryId}`).count;

/** Locks the keys: they can be read, and not be stored. @returns what ends the lock */
async function lockKeys(): Promise<() => Promise<unknown>> {
  const unlock = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const holding = sql.begin(async (tx) => {
    await tx`LOCK TABLE query_keys IN EXCLUSIVE MODE`;
    locked.resolve();
    await unlock.promise;
  });
  await locked.promise;
  return () => {
    unlock.resolve();
    return holding;
  };
}

const steps = ["seen", "chosen"].map((eventType) => ({ eventType, where: [] }));
const plan = planOf(steps, 60, [20, 40, 60]);
const userAt = (user: number, type: string, event_time: string, more: Partial<Row> = {}): Row =>
  aRow({ event_type: type, event_time, payload: `{"user":"user-${user}"}`, processed_at: IN_TIME, ...more });

await insertRows(deps, [
  ...[0, 1, 2].map((user) => userAt(user, "seen", "2026-05-01T00:00:19.999999Z")),
  userAt(0, "chosen", timeAt(20)),
  userAt(1, "chosen", "2026-05-01T00:01:19.999999Z"),
  userAt(2, "chosen", timeAt(80)),
  // At the same time, in the order of their ids.
  userAt(3, "seen", timeAt(20), { event_id: "equal-1" }),
  userAt(3, "chosen", timeAt(20), { event_id: "equal-2" }),
  userAt(4, "chosen", timeAt(20), { event_id: "equal-3" }),
  userAt(4, "seen", timeAt(20), { event_id: "equal-4" }),
]);

const event = fc.record({
  type: fc.constantFrom("a", "b", "c"),
  user: fc.constantFrom('"u"', '"u"', '"u"', '"v"', '"v"', "1", "1.0", "null", undefined),
  at: fc.integer({ min: 0, max: 24 }),
  n: fc.integer({ min: 0, max: 4 }),
  isLate: fc.constantFrom(false, false, false, false, false, true),
  client: fc.constantFrom("acme", "acme", "acme", "beta"),
});
const input = fc.record({
  events: fc.array(event, { minLength: 20, maxLength: 60 }),
  types: fc.array(fc.constantFrom("a", "b", "c", "a", "b", "c", "a where n >= 2"), {
    minLength: 2,
    maxLength: 8,
  }),
  window: fc.integer({ min: 3, max: 25 }),
  cuts: fc.uniqueArray(fc.integer({ min: 1, max: 24 }), { maxLength: 8 }),
  crashes: fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
  clientId: fc.constantFrom("acme", "acme", null),
});
const ATLEAST_2 = { path: ["n"], operator: ">=" as const, value: { type: "number" as const, text: "2" } };

describe("a funnel in parts", () => {
  it("counts what one statement over all its events counts, also after crashes", {
    timeout: 120_000,
  }, async () => {
    let run = 0;
    const reached: number[] = [];
    await fc.assert(
      fc.asyncProperty(input, async ({ events, types, window, cuts, crashes, clientId }) => {
        run += 1;
        const rowOf = ({ type, user, at, n, isLate, client }: (typeof events)[number]): Row =>
          aRow({
            client_id: client,
            event_type: `${type}-${run}`,
            event_time: timeAt(at),
            processed_at: isLate ? STORED_BEFORE : IN_TIME,
            payload: user === undefined ? `{"n":${n}}` : `{"user":${user},"n":${n}}`,
          });
        const random = planOf(
          types.map((type) => ({
            eventType: `${type.slice(0, 1)}-${run}`,
            where: type.length > 1 ? [ATLEAST_2] : [],
          })),
          window,
          cuts.toSorted((a, b) => a - b),
        );
        random.question.scope.clientId = clientId;
        await insertRows(deps, events.filter(({ isLate }) => !isLate).map(rowOf));
        const queryId = await ask(random);
        if (crashes[0]) await crash(queryId, random, 0);
        let row = await onePart(queryId);
        await insertRows(deps, events.filter(({ isLate }) => isLate).map(rowOf));
        while (row.status === "running") {
          if (crashes[row.parts_done]) await crash(queryId, random, row.parts_done);
          row = await onePart(queryId, row.parts_done);
        }
        const counts = countsIn(row);
        expect(counts).toEqual(await countFunnel(sql, random.question.scope, random.question));
        expect(await keysOf(queryId)).toBe(0);
        reached.push(counts.filter((count) => count > 0).length);
      }),
      { numRuns: 150 },
    );
    expect(reached.filter((far) => far > 3).length).toBeGreaterThan(2);
  });

  it("is not divided between equal times, and goes on over a cut to the last moment of its window", async () => {
    expect(countsIn(await toTheEnd(await ask(plan)))).toEqual([5, 3]);
    expect(await countFunnel(sql, plan.question.scope, plan.question)).toEqual([5, 3]);
  });

  it("adds no part twice if a call loses it to another one while it works on a part", async () => {
    const queryId = await ask(plan);
    await onePart(queryId);
    const release = await lockKeys();
    const isWaiting = async (): Promise<void> => {
      const { count } = await sql`
        SELECT FROM pg_locks WHERE relation = 'query_keys'::regclass AND NOT granted`;
      if (count === 0) await isWaiting();
    };
    const slow = advance(queryId, 1_000);
    await isWaiting();
    // Another call that has claimed it, and has ended.
    await sql`UPDATE queries SET claim = ${randomUUID()}, claimed_until = now() WHERE query_id = ${queryId}`;
    await release();
    await slow;
    expect(countsIn(await toTheEnd(queryId))).toEqual([5, 3]);
  });

  it("keeps a hash of each key and never its text, which differs between queries", async () => {
    const [a, b] = [await ask(plan), await ask(plan)];
    await Promise.all([onePart(a), onePart(b)]);
    const rows = await sql<{ key_hash: string; text: string }[]>`
      SELECT key_hash, query_keys::text AS text FROM query_keys WHERE query_id IN (${a}, ${b})`;
    expect(rows.length).toBeGreaterThanOrEqual(6);
    expect(new Set(rows.map(({ key_hash }) => key_hash)).size).toBe(rows.length);
    expect(rows.filter(({ text }) => text.includes("user"))).toEqual([]);
  });

  it("fails with more keys than it may keep", async () => {
    const queryId = await ask(plan);
    await onePart(queryId);
    const state = await promisify(gzip)(JSON.stringify([MOST_KEYS - 1, 0]));
    await sql`UPDATE queries SET state = ${state}, parts_done = 1 WHERE query_id = ${queryId}`;
    await sql`DELETE FROM query_keys WHERE query_id = ${queryId}`;
    const error = expect.stringContaining("More than 10,000,000 different keys");
    expect(await toTheEnd(queryId)).toMatchObject({ status: "failed", error });
    expect(await keysOf(queryId)).toBe(0);
  });
});

describe("the keys of a funnel", () => {
  const begun = async (): Promise<string> => {
    const queryId = await ask(planOf(steps, 60, [20]));
    await onePart(queryId);
    expect(await keysOf(queryId)).toBe(3);
    return queryId;
  };

  it("are deleted when it is cancelled", async () => {
    const [queryId, other] = [await begun(), await begun()];
    expect((await acme(contract.deleteQuery, { params: { query_id: queryId } })).status).toBe(204);
    expect([await keysOf(queryId), await keysOf(other)]).toEqual([0, 3]);
  });

  it("are left to the maintenance if there is no time to delete them", async () => {
    const queryId = await begun();
    const release = await lockKeys();
    await forgetKeys(sql, queryId, Date.now() + 50);
    await release();
    expect(await keysOf(queryId)).toBe(3);
    await forgetKeys(sql, queryId, Date.now() + 20_000);
    expect(await keysOf(queryId)).toBe(0);
  });

  it("are deleted when an erasure of its client completes", async () => {
    const queryId = await begun();
    const erasure = { client: "acme", property: "payload.user", value: "nobody" };
    const asked = { caller: { clientId: "boss", keyPrefix: null }, receivedAt: Date.now() };
    expect((await createErasure(deps, erasure, asked)).status).toBe("completed");
    expect(await keysOf(queryId)).toBe(0);
  });

  it("are deleted by the maintenance, when the query expires, or if it has ended and its call was killed", async () => {
    const [expired, ended, running] = [await begun(), await begun(), await begun()];
    await sql`UPDATE queries SET created_at = now() - interval '8 days' WHERE query_id = ${expired}`;
    await sql`UPDATE queries SET status = 'completed', result = '{}' WHERE query_id = ${ended}`;
    await runAt(deps, Date.now());
    expect(await Promise.all([expired, ended, running].map(keysOf))).toEqual([0, 0, 3]);
  });
});
