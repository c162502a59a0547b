import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import * as contract from "../../../lib/analytics/contract.ts";
import { DAY_MS, isBefore, parseTime } from "../../../lib/base/time.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { askerOf } from "../../support/http/reading.ts";
import { expectExact, runAt } from "../../support/maintenance.ts";
import { addClient, anEvent, drainAll, send } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const CLIENTS = ["acme", "beta", "gamma"];
const TYPES = ["order.placed", "order.paid", "page_viewed", "x"];
const ZONES = [
  "UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Asia/Kolkata", "Asia/Kathmandu",
  "Australia/Lord_Howe", "Pacific/Chatham", "-03:30",
]; // biome-ignore format: one zone after the other
const NOW = Date.now();
/** As far back as events are accepted, which covers every zone's clock changes. */
const OLDEST = NOW - 399 * DAY_MS;

const deps = await testDeps();
const ask = await askerOf(deps, "boss", ["admin"]);
/** Times at and next to boundaries of minutes, hours and days, and anywhere else; often close to others. */
const time = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: OLDEST, max: NOW }),
      fc.integer({ min: NOW - 3 * DAY_MS, max: NOW }),
      fc
        .integer({ min: Math.ceil(OLDEST / DAY_MS), max: Math.floor(NOW / DAY_MS) - 1 })
        .map((day) => day * DAY_MS),
      fc.integer({ min: 0, max: 399 * 96 }).map((quarter) => Math.ceil(OLDEST / 900_000 + quarter) * 900_000),
    ),
    fc.constantFrom("", "001", "999"),
    fc.constantFrom(0, 0, -1),
  )
  .map(([ms, micros, off]) => `${new Date(Math.min(ms + off, NOW)).toISOString().slice(0, -1)}${micros}Z`);

const secrets = await Promise.all(CLIENTS.map(async (id) => (await addClient(deps, id)).secret));

/** Stores events at random times, each sent twice, in two orders: Redis detects some duplicates and the ledger the rest. */
async function store(count: number, seed: number): Promise<void> {
  const events = fc
    .sample(time, { numRuns: count, seed })
    .map((timestamp, n) =>
      anEvent({ event_type: TYPES[((n * 7) % 11) % 4], timestamp, payload: { n: n % 10 } }),
    );
  const batches = [events, events.toReversed()].flatMap((all) =>
    Array.from({ length: count / 200 }, (_, n) => all.slice(n * 200, n * 200 + 200)),
  );
  for (const [n, batch] of batches.entries())
    expect((await send(deps, secrets[n % 3], { events: batch })).status).toBe(202);
  const workers = Array.from({ length: 4 }, () => drainAll(deps, 3));
  expect((await Promise.all(workers)).flat()).toEqual([]);
}

beforeAll(() => store(4_000, 7));

interface Asked {
  client?: string;
  event_type?: string;
  start?: string;
  end?: string;
}

const question = fc.record(
  {
    client: fc.constantFrom(...CLIENTS),
    event_type: fc.constantFrom(...TYPES),
    start: time,
    end: time,
  },
  { requiredKeys: [] },
);

/** Whether the range is empty, compared as instants: as text, 712001 would sort before 712Z. */
function isEmpty({ start, end }: Asked): boolean {
  const [from, to] = [parseTime(start ?? ""), parseTime(end ?? "")];
  return from !== undefined && to !== undefined && !isBefore(from, to);
}

const within = ({ client, event_type, start, end }: Asked) => deps.sql`
  client_id = ${client ?? null} IS NOT FALSE AND event_type = ${event_type ?? null} IS NOT FALSE
  AND event_time >= coalesce(${start ?? null}::text, '-infinity')::timestamptz
  AND event_time < coalesce(${end ?? null}::text, 'infinity')::timestamptz`;

interface Bucket {
  bucket: string;
  count: number;
  client_id?: string;
  event_type?: string;
}

/** The buckets of a series, and those of them that have events. */
async function seriesOf(query: Record<string, string | string[]>): Promise<Record<"all" | "full", Bucket[]>> {
  const { body, text } = await ask(contract.getSeries, { query });
  expect(body.series, text).toBeInstanceOf(Array);
  const all = body.series as Bucket[];
  return { all, full: all.filter(({ count }) => count > 0) };
}

const pack = async (): Promise<void> => {
  const { complete, days_packed: packed } = await runAt(deps, NOW);
  expect(complete).toBe(true);
  expect(packed).toBeGreaterThan(500);
};

/** What happened to the days that are over: each state follows the one before. */
const STATES: [string, () => Promise<void>][] = [
  ["open days", async () => {}],
  ["packed days", pack],
  ["packed days with late events", () => store(1_000, 8)],
  ["days that were packed again", pack],
];

describe.each(STATES)("with %s", (_, begin) => {
  beforeAll(begin);

  test("rollups of every grain count what the ledger holds", async () => {
    const { ledger, ...others } = await expectExact(deps);
    expect(ledger).toBeGreaterThan(4_000);
    expect(others).toMatchObject({ events: ledger, shown: ledger });
    expect((await ask(contract.countEvents)).body.count).toBe(ledger);
  });

  test("count, group and latency equal plain SQL for any range, client and type", async () => {
    await fc.assert(
      fc.asyncProperty(question, async (query) => {
        const rows = await deps.sql<{ client_id: string; event_type: string; count: number }[]>`
        SELECT client_id, event_type, count(*)::int AS count FROM events WHERE ${within(query)}
         GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2`;
        const total = rows.reduce((sum, { count }) => sum + count, 0);
        expect((await ask(contract.countEvents, { query })).body.count).toBe(total);
        const groups = await ask(contract.groupEvents, { query: { ...query, by: "client,event_type" } });
        expect(groups.body.groups).toEqual([...rows]);
        const [latency] = await deps.sql`
        SELECT max(greatest(0, round(extract(epoch FROM processed_at - received_at) * 1000)))::int AS max
          FROM events WHERE ${within(query)}`;
        const max_ms = latency?.max;
        expect((await ask(contract.getLatency, { query })).body).toMatchObject({ count: total, max_ms });
      }),
      { numRuns: 100 },
    );
  });

  test("count and series with a condition on the payload equal plain SQL", async () => {
    const conditioned = fc.tuple(question, fc.integer({ min: 0, max: 9 }));
    await fc.assert(
      fc.asyncProperty(conditioned, async ([query, n]) => {
        const rows = await deps.sql<{ month: string; n: number }[]>`
        SELECT date_trunc('month', event_time AT TIME ZONE 'Asia/Kolkata')::date::text AS month, count(*)::int AS n
          FROM events WHERE ${within(query)} AND (payload ->> 'n')::int >= ${n} GROUP BY 1 ORDER BY 1`;
        const where = `payload.n>=${n}`;
        const { body } = await ask(contract.countEvents, { query: { ...query, where } });
        expect(body.count).toBe(rows.reduce((sum, row) => sum + row.n, 0));
        expect(body.source).toBe(isEmpty(query) ? "rollup" : "raw");
        if (query.start === undefined || query.end === undefined) return;
        const { full } = await seriesOf({ ...query, where, interval: "month", tz: "Asia/Kolkata" });
        expect(full.map(({ bucket, count }) => ({ month: bucket.slice(0, 10), n: count }))).toEqual([
          ...rows,
        ]);
      }),
      { numRuns: 50 },
    );
  });

  describe("series", () => {
    // For each interval, a range with few enough buckets.
    const spans = { hour: 20 * DAY_MS, day: 400 * DAY_MS, week: 400 * DAY_MS, month: 400 * DAY_MS };
    const anySeries = fc
      .record({
        interval: fc.constantFrom("hour", "day", "week", "month"),
        tz: fc.constantFrom(...ZONES),
        from: time,
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        client: fc.option(fc.constantFrom(...CLIENTS), { nil: undefined }),
      })
      .map(({ interval, tz, from, share, client }) => {
        const end = new Date(Date.parse(from) + share * spans[interval as keyof typeof spans]).toISOString();
        return { interval, tz, start: from, end, ...(client && { client }) };
      });

    test("counts events by the day, week and month of their local date in PostgreSQL", async () => {
      const calendar = anySeries.filter(({ interval }) => interval !== "hour");
      await fc.assert(
        fc.asyncProperty(calendar, async ({ interval, ...query }) => {
          // PostgreSQL uses the opposite sign for offsets.
          const zone = query.tz.startsWith("-") ? query.tz.replace("-", "+") : query.tz;
          const rows = await deps.sql<{ day: string; n: number }[]>`
          SELECT date_trunc(${interval}, event_time AT TIME ZONE ${zone})::date::text AS day, count(*)::int AS n
            FROM events WHERE ${within(query)} GROUP BY 1 ORDER BY 1`;
          const { all, full } = await seriesOf({ interval, ...query });
          expect(full.map(({ bucket, count }) => ({ day: bucket.slice(0, 10), n: count }))).toEqual([
            ...rows,
          ]);
          // Empty buckets in between are included, each once.
          const starts = all.map(({ bucket }) => Date.parse(bucket));
          expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
        }),
        { numRuns: 100 },
      );
    });

    test("counts in each bucket the events from its start to the next one's, also by client and type", async () => {
      const grouped = fc.tuple(anySeries, fc.constantFrom("client", "event_type", "client,event_type"));
      await fc.assert(
        fc.asyncProperty(grouped, async ([query, by]) => {
          const { all, full } = await seriesOf({ ...query, by, limit: "20" });
          const starts = [...new Set(all.map(({ bucket }) => bucket))];
          const rows = await deps.sql<{ client_id: string; event_type: string; bucket: string; n: number }[]>`
          SELECT client_id, event_type, s.bucket, count(*)::int AS n
            FROM unnest(${starts}::text[], ${[...starts.slice(1), "infinity"]}::text[]) AS s(bucket, next)
            JOIN events ON event_time >= s.bucket::timestamptz AND event_time < s.next::timestamptz
           WHERE ${within(query)} GROUP BY 1, 2, 3`;
          const expected: Record<string, number> = {};
          for (const { client_id, event_type, bucket, n } of rows) {
            const names = [
              by.includes("client") ? client_id : "",
              by.includes("event_type") ? event_type : "",
            ];
            const name = [bucket, ...names].join(" ");
            expected[name] = (expected[name] ?? 0) + n;
          }
          const found = full.map(({ bucket, client_id = "", event_type = "", count }) => [
            [bucket, client_id, event_type].join(" "),
            count,
          ]);
          expect(Object.fromEntries(found)).toEqual(expected);
        }),
        { numRuns: 100 },
      );
    });

    test("counts events by minute", async () => {
      const [start, end] = [new Date(NOW - 2 * DAY_MS), new Date(NOW)];
      const range = { start: start.toISOString(), end: end.toISOString() };
      const { full } = await seriesOf({ interval: "minute", ...range });
      const rows = await deps.sql<{ bucket: Date; n: number }[]>`
      SELECT date_trunc('minute', event_time) AS bucket, count(*)::int AS n FROM events
       WHERE event_time >= ${start} AND event_time < ${end} GROUP BY 1 ORDER BY 1`;
      expect(full.map(({ bucket, count }) => [Date.parse(bucket), count])).toEqual(
        rows.map(({ bucket, n }) => [bucket.getTime(), n]),
      );
      expect(full.length).toBeGreaterThan(50);
    });

    test("takes several types, an order and a limit", async () => {
      const query = { interval: "month", by: "event_type", event_type: ["x", "order.paid"] };
      const types = async (others: object) => [
        ...new Set((await seriesOf({ ...query, ...others })).all.map(({ event_type }) => event_type)),
      ];
      const both = await types({});
      expect(both.toSorted()).toEqual(["order.paid", "x"]);
      expect(await types({ limit: "1" })).toEqual(both.slice(0, 1));
      expect(await types({ limit: "1", order: "least" })).toEqual(both.slice(1));
      expect(await types({ order: "name" })).toEqual(["order.paid", "x"]);
    });

    test.each([
      [{ interval: "day", tz: "Europe/Atlantis" }, "tz"],
      [{ interval: "minute", start: new Date(OLDEST).toISOString() }, "interval"],
      [{ interval: "second" }, "interval"],
    ])("refuses %j by parameter name", async (query, parameter) => {
      const answer = await ask(contract.getSeries, { query: { ...query } });
      expectProblem(answer, 400, "invalid-parameter", parameter);
    });
  });
});

test("covers 800 years", async () => {
  const range = { start: "0001-01-01T00:00:00Z", end: "0801-01-01T00:00:00Z" };
  // The horizon as after maintenance. Before 1900 Tokyo's offset had seconds, so that each month would need raw rows.
  await deps.sql`UPDATE retention SET horizon = date_trunc('week', ${new Date(OLDEST)}::timestamptz, 'UTC') - interval '7 days'`;
  expect((await seriesOf({ interval: "month", ...range, tz: "Asia/Tokyo" })).all).toHaveLength(9_601);
});
