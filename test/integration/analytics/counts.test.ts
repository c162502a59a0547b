import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import * as contract from "../../../lib/analytics/contract.ts";
import { freshDeps } from "../../support/faults.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { asker, askerOf, insertMany } from "../../support/http/reading.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const MINUTE_US = 60_000_000;
const DAY_US = 1_440 * MINUTE_US;
/** Midnight four days ago. */
const EPOCH_US = (Math.floor(Date.now() / 86_400_000) - 4) * DAY_US;
const CLIENTS = ["acme", "beta", "gamma"];
const TYPES = ["order.placed", "order.paid", "page_viewed"];

const timeText = (offsetUs: number): string => {
  const us = EPOCH_US + offsetUs;
  const ms = Math.floor(us / 1_000);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(us - ms * 1_000).padStart(3, "0")}Z`;
};

const deps = await testDeps();
const admin = await askerOf(deps, "boss", ["admin"]);
const { secret } = await addClient(deps, "acme");
const acme = asker(deps, secret);
for (const clientId of CLIENTS.slice(1)) await addClient(deps, clientId);

const count = async (query: Record<string, string>, ask = acme) =>
  (await ask(contract.countEvents, { query })).body;
const groups = async (query: Record<string, string>, ask = admin) =>
  (await ask(contract.groupEvents, { query })).body.groups as { event_type: string; count: number }[];

describe("count and group", () => {
  // Close together, far apart, and on minute boundaries.
  const offset = fc.oneof(
    fc.integer({ min: 0, max: 3 * MINUTE_US }),
    fc.integer({ min: 0, max: 4 * DAY_US }),
    fc.integer({ min: 0, max: 4 * 1_440 }).map((minute) => minute * MINUTE_US),
  );
  const offsets = fc.sample(offset, { numRuns: 3_000, seed: 42 });

  beforeAll(() =>
    insertMany(deps, offsets.length, (n) => ({
      client_id: CLIENTS[n % 3] ?? "",
      event_type: TYPES[((n * 7) % 11) % 3] ?? "",
      event_time: timeText(offsets[n] ?? 0),
    })),
  );

  /** A plain count of the raw rows. */
  const plain = (where: { client?: string; event_type?: string; start?: string; end?: string }) => deps.sql<
    { client_id: string; event_type: string; count: number }[]
  >`
    SELECT client_id, event_type, count(*)::int AS count FROM events
     WHERE client_id = ${where.client ?? null} IS NOT FALSE AND event_type = ${where.event_type ?? null} IS NOT FALSE
       AND event_time >= coalesce(${where.start ?? null}::text, '-infinity')::timestamptz
       AND event_time < coalesce(${where.end ?? null}::text, 'infinity')::timestamptz
     GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2`;

  test("equal plain SQL over the raw rows for any range, client and type", async () => {
    // Bounds at, just before and just after events and minutes.
    const bound = fc.oneof(
      offset,
      fc
        .nat({ max: 2_999 })
        .chain((index) => fc.integer({ min: -1, max: 1 }).map((us) => (offsets[index] ?? 0) + us)),
    );
    const question = fc.record(
      {
        client: fc.constantFrom(...CLIENTS),
        event_type: fc.constantFrom(...TYPES),
        start: bound.map(timeText),
        end: bound.map(timeText),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(question, async (query) => {
        const expected = await plain(query);
        expect((await count(query, admin)).count).toBe(expected.reduce((sum, row) => sum + row.count, 0));
        expect(await groups({ ...query, by: "client,event_type" })).toEqual([...expected]);
      }),
      { numRuns: 150 },
    );
  });

  test("sum over client or type when grouped by the other, largest first", async () => {
    const rows = await plain({});
    const found = await groups({ by: "event_type" });
    for (const group of found) {
      const own = rows.filter(({ event_type }) => event_type === group.event_type);
      expect(group.count).toBe(own.reduce((sum, row) => sum + row.count, 0));
      expect(group).not.toHaveProperty("client_id");
    }
    expect(found).toEqual(found.toSorted((a, b) => b.count - a.count));
  });

  test("order groups with equal counts by name", async () => {
    await addClient(deps, "tie");
    const names = ["b", "c", "a"];
    await insertMany(deps, 3, (n) => ({ client_id: "tie", event_type: names[n] ?? "" }));
    expect(await groups({ by: "event_type", client: "tie" })).toEqual(
      names.toSorted().map((event_type) => ({ event_type, count: 1 })),
    );
  });

  test("report the source of the answer", async () => {
    const source = async (start: string, end: string) => (await count({ start, end })).source;
    expect(await source(timeText(0), timeText(MINUTE_US))).toBe("rollup");
    expect(await source(timeText(1), timeText(MINUTE_US))).toBe("raw");
    expect(await source(timeText(1), timeText(5 * MINUTE_US))).toBe("mixed");
  });

  test("return 0 for an empty range", async () => {
    const query = { start: timeText(DAY_US), end: timeText(DAY_US) };
    expect((await count(query)).count).toBe(0);
    expect(await groups({ ...query, by: "client" }, acme)).toEqual([]);
  });

  test("cover only the key's own client without admin", async () => {
    expect(await groups({ by: "client" }, acme)).toMatchObject([{ client_id: "acme" }]);
    expect((await acme(contract.countEvents, { query: { client: "acme" } })).status).toBe(200);
    expectProblem(await acme(contract.countEvents, { query: { client: "beta" } }), 403, "insufficient-scope");
  });

  test.each([
    ["event_type", "a\0b"],
    ["start", "0000-01-01T00:00:00Z"],
    ["end", "9999-12-31T23:59:59-10:00"],
  ])("refuse by name a parameter that PostgreSQL can't store: %s=%j", async (name, value) => {
    const answer = await acme(contract.countEvents, { query: { [name]: value } });
    expectProblem(answer, 400, "invalid-parameter", name);
  });

  test("take the widest possible range", async () => {
    const query = { start: "0001-01-01T00:00:00Z", end: "9999-12-31T23:59:59.999999Z" };
    expect((await acme(contract.countEvents, { query })).status).toBe(200);
  });
});

describe("latency", () => {
  test("has exact counts and maxima and percentiles within the error, from rollups, raw rows or both", async () => {
    await addClient(deps, "slow");
    const received = Date.parse(timeText(0));
    // From below a millisecond to an hour; a negative latency counts as 0.
    const latencies = [...Array.from({ length: 999 }, (_, index) => Math.round(1.0152 ** index)), -500];
    const at = (n: number): number => (n % 10) * 30_000_000;
    await insertMany(deps, latencies.length, (n) => ({
      client_id: "slow",
      event_time: timeText(at(n)),
      received_at: new Date(received).toISOString(),
      processed_at: new Date(received + (latencies[n] ?? 0)).toISOString(),
    }));
    for (const [source, start, end] of [
      ["rollup", undefined, undefined],
      ["mixed", 30_000_000, 240_000_001],
      ["raw", 30_000_000, 60_000_000],
    ] as const) {
      const within = latencies
        .filter((_, n) => at(n) >= (start ?? 0) && at(n) < (end ?? Number.POSITIVE_INFINITY))
        .map((ms) => Math.max(0, ms))
        .sort((x, y) => x - y);
      const range = start === undefined ? {} : { start: timeText(start), end: timeText(end) };
      const { body } = await admin(contract.getLatency, { query: { client: "slow", ...range } });
      const max_ms = within.at(-1);
      expect(body).toMatchObject({ source, count: within.length, max_ms, relative_error: 0.02 });
      for (const share of [50, 95, 99]) {
        const exact = within[Math.ceil((within.length * share) / 100) - 1] ?? 0;
        // Answers are rounded to tenths of a millisecond.
        expect(Math.abs(Number(body[`p${share}_ms`]) - exact)).toBeLessThanOrEqual(exact * 0.02 + 0.05);
      }
    }
  });

  test("is null without events", async () => {
    const { body } = await acme(contract.getLatency, { query: { event_type: "never" } });
    expect(body).toMatchObject({ count: 0, p50_ms: null, p95_ms: null, p99_ms: null, max_ms: null });
  });
});

describe("freshness", () => {
  test("is the current time when the queue is empty", async () => {
    await deps.redis.del(deps.shards.first.queue);
    const before = Date.now();
    const { lag_ms, as_of } = await count({});
    expect(lag_ms).toBe(0);
    expect(Date.parse(String(as_of))).toBeGreaterThanOrEqual(before - 1);
    expect(Date.parse(String(as_of))).toBeLessThanOrEqual(Date.now());
  });

  test("is the time of the oldest waiting message", async () => {
    await deps.redis.del(deps.shards.first.queue);
    const sentAt = Date.now() - 5_000;
    await deps.redis.xadd(deps.shards.first.queue, `${sentAt}-0`, "n", 0, "m", "{}");
    const { lag_ms, as_of } = await count({});
    expect(lag_ms).toBeGreaterThanOrEqual(5_000);
    expect(Math.abs(Date.parse(String(as_of)) - sentAt)).toBeLessThan(500);
  });

  test("is null when Redis is unreachable, and the query is still answered", async () => {
    const away = freshDeps({ ...deps.config, redisUrl: "redis://127.0.0.1:1" });
    const { status, body } = await asker(away, secret)(contract.countEvents);
    expect([status, body.as_of, body.lag_ms]).toEqual([200, null, null]);
    expect(body.count).toBeGreaterThan(0);
  });
});
