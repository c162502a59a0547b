import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import * as contract from "../../../lib/analytics/contract.ts";
import { closeDeps, createDeps, type Deps } from "../../../lib/app/connect.ts";
import { type Ask, aRow, asker, insertRows } from "../../support/http/reading.ts";
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

let deps: Deps;
let admin: Ask;
let acme: Ask;
let acmeSecret: string;

beforeAll(async () => {
  deps = await testDeps();
  admin = asker(deps, (await addClient(deps, "boss", { scopes: ["admin"] })).secret);
  for (const clientId of CLIENTS) {
    const { secret } = await addClient(deps, clientId);
    if (clientId === "acme") acmeSecret = secret;
  }
  acme = asker(deps, acmeSecret);
});

describe("count and group", () => {
  // Close together, far apart, and on minute boundaries.
  const offset = fc.oneof(
    fc.integer({ min: 0, max: 3 * MINUTE_US }),
    fc.integer({ min: 0, max: 4 * DAY_US }),
    fc.integer({ min: 0, max: 4 * 1_440 }).map((minute) => minute * MINUTE_US),
  );
  const offsets: number[] = [];

  beforeAll(async () => {
    offsets.push(...fc.sample(offset, { numRuns: 3_000, seed: 42 }));
    await insertRows(
      deps,
      offsets.map((us, index) =>
        aRow({
          client_id: CLIENTS[index % 3] ?? "",
          event_type: TYPES[((index * 7) % 11) % 3] ?? "",
          event_time: timeText(us),
        }),
      ),
    );
  });

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
        const { body } = await admin(contract.countEvents, { query });
        expect(body.count).toBe(expected.reduce((sum, { count }) => sum + count, 0));
        const both = await admin(contract.groupEvents, { query: { ...query, by: "client,event_type" } });
        expect(both.body.groups).toEqual([...expected]);
      }),
      { numRuns: 150 },
    );
  });

  test("sum over client or type when grouped by the other, largest first", async () => {
    const rows = await plain({});
    const { body } = await admin(contract.groupEvents, { query: { by: "event_type" } });
    const groups = body.groups as { event_type: string; count: number }[];
    for (const { event_type, count } of groups)
      expect(count).toBe(
        rows.filter((row) => row.event_type === event_type).reduce((sum, row) => sum + row.count, 0),
      );
    expect(groups.map(({ count }) => count)).toEqual(groups.map(({ count }) => count).sort((a, b) => b - a));
    expect(groups.every((group) => !("client_id" in group))).toBe(true);
  });

  test("order groups with equal counts by name", async () => {
    await addClient(deps, "tie");
    await insertRows(
      deps,
      ["b", "c", "a"].map((event_type) => aRow({ client_id: "tie", event_type })),
    );
    const { body } = await admin(contract.groupEvents, { query: { by: "event_type", client: "tie" } });
    expect(body.groups).toEqual(["a", "b", "c"].map((event_type) => ({ event_type, count: 1 })));
  });

  test("report the source of the answer", async () => {
    const source = async (start: string, end: string) =>
      (await acme(contract.countEvents, { query: { start, end } })).body.source;
    expect(await source(timeText(0), timeText(MINUTE_US))).toBe("rollup");
    expect(await source(timeText(1), timeText(MINUTE_US))).toBe("raw");
    expect(await source(timeText(1), timeText(5 * MINUTE_US))).toBe("mixed");
  });

  test("return 0 for an empty range", async () => {
    const query = { start: timeText(DAY_US), end: timeText(DAY_US) };
    expect((await acme(contract.countEvents, { query })).body.count).toBe(0);
    expect((await acme(contract.groupEvents, { query: { ...query, by: "client" } })).body.groups).toEqual([]);
  });

  test("cover only the key's own client without admin", async () => {
    const { body } = await acme(contract.groupEvents, { query: { by: "client" } });
    expect(body.groups).toMatchObject([{ client_id: "acme" }]);
    expect((await acme(contract.countEvents, { query: { client: "acme" } })).status).toBe(200);
    const other = await acme(contract.countEvents, { query: { client: "beta" } });
    expect([other.status, other.body.code]).toEqual([403, "insufficient-scope"]);
  });

  test("refuse by name parameters that PostgreSQL can't store", async () => {
    for (const query of [
      { event_type: "a\0b" },
      { start: "0000-01-01T00:00:00Z" },
      { end: "9999-12-31T23:59:59-10:00" },
    ]) {
      const { status, body } = await acme(contract.countEvents, { query });
      expect([status, body.code, body.errors[0]?.parameter]).toEqual([
        400,
        "invalid-parameter",
        Object.keys(query)[0],
      ]);
    }
    const far = { start: "0001-01-01T00:00:00Z", end: "9999-12-31T23:59:59.999999Z" };
    expect((await acme(contract.countEvents, { query: far })).status).toBe(200);
  });
});

describe("latency", () => {
  test("has exact counts and maxima and percentiles within the error, from rollups, raw rows or both", async () => {
    await addClient(deps, "slow");
    const received = Date.parse(timeText(0));
    // From below a millisecond to an hour; a negative latency counts as 0.
    const latencies = [...Array.from({ length: 999 }, (_, index) => Math.round(1.0152 ** index)), -500];
    await insertRows(
      deps,
      latencies.map((ms, index) =>
        aRow({
          client_id: "slow",
          event_time: timeText((index % 10) * 30_000_000),
          received_at: new Date(received).toISOString(),
          processed_at: new Date(received + ms).toISOString(),
        }),
      ),
    );
    for (const [source, start, end] of [
      ["rollup", undefined, undefined],
      ["mixed", 30_000_000, 240_000_001],
      ["raw", 30_000_000, 60_000_000],
    ] as const) {
      const within = latencies
        .filter((_, index) => {
          const at = (index % 10) * 30_000_000;
          return at >= (start ?? 0) && at < (end ?? Number.POSITIVE_INFINITY);
        })
        .map((ms) => Math.max(0, ms))
        .sort((x, y) => x - y);
      const range = start === undefined ? {} : { start: timeText(start), end: timeText(end) };
      const { body } = await admin(contract.getLatency, { query: { client: "slow", ...range } });
      expect(body).toMatchObject({
        source,
        count: within.length,
        max_ms: within.at(-1),
        relative_error: 0.02,
      });
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
    const { body } = await acme(contract.countEvents);
    expect(body.lag_ms).toBe(0);
    expect(Date.parse(String(body.as_of))).toBeGreaterThanOrEqual(before - 1);
    expect(Date.parse(String(body.as_of))).toBeLessThanOrEqual(Date.now());
  });

  test("is the time of the oldest waiting message", async () => {
    await deps.redis.del(deps.shards.first.queue);
    const sentAt = Date.now() - 5_000;
    await deps.redis.xadd(deps.shards.first.queue, `${sentAt}-0`, "n", 0, "m", "{}");
    const { body } = await acme(contract.countEvents);
    expect(body.lag_ms).toBeGreaterThanOrEqual(5_000);
    expect(Math.abs(Date.parse(String(body.as_of)) - sentAt)).toBeLessThan(500);
  });

  test("is null when Redis is unreachable, and the query is still answered", async () => {
    const away = createDeps({ ...deps.config, redisUrl: "redis://127.0.0.1:1" });
    const { status, body } = await asker(away, acmeSecret)(contract.countEvents);
    await closeDeps(away);
    expect([status, body.as_of, body.lag_ms]).toEqual([200, null, null]);
    expect(body.count).toBeGreaterThan(0);
  });
});
