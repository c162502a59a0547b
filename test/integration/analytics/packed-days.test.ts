/** Packed days, and what happens to them while workers, erasures and the retention go on. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import * as contract from "../../../lib/analytics/contract.ts";
import { countBuckets } from "../../../lib/analytics/sql/count-buckets.ts";
import type { Deps } from "../../../lib/app/connect.ts";
import { DAY_MS, instantOf, MINUTE_MS } from "../../../lib/base/time.ts";
import { createErasure } from "../../../lib/erasure/erasures.ts";
import { type Ask, askerOf } from "../../support/http/reading.ts";
import {
  expectExact,
  expectTidy,
  runAt,
  type SimulatedEvent,
  simulatedEvent,
  workAt,
} from "../../support/maintenance.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const CLIENTS = ["one", "two"] as const;
const RETENTION_DAYS = 30;
const asked = { caller: { clientId: "boss", keyPrefix: null }, receivedAt: Date.now() };

let deps: Deps;
let ask: Ask;

beforeEach(async () => {
  deps = await testDeps({ retentionDays: RETENTION_DAYS });
  for (const client of CLIENTS) await addClient(deps, client);
  ask = await askerOf(deps, "boss", ["admin"]);
});

const loose = async (): Promise<Record<string, number>> => {
  const [row] = await deps.sql<[Record<string, number>]>`
    SELECT (SELECT count(*)::int FROM packed_days) AS packed,
           (SELECT count(*)::int FROM rollups WHERE bucket < settled AND grain = 15) AS quarters,
           (SELECT count(*)::int FROM rollups WHERE bucket < settled AND grain <> 15) AS others
      FROM packing`;
  return row;
};

const QUARTER_MS = 15 * MINUTE_MS;

/** Compares the numbers of events by hour and day, from which queries in parts are planned, with the stored events. */
async function expectBuckets(start: number, end: number): Promise<void> {
  for (const minutes of [60, 1440] as const) {
    const unit = minutes * MINUTE_MS;
    const range = { start: instantOf(start), end: instantOf(end) };
    const buckets = await countBuckets(deps.sql, { clientId: null, ...range }, null, minutes);
    // All buckets that the range overlaps count entirely.
    const [from, to] = [Math.floor(start / unit) * unit, Math.ceil(end / unit) * unit];
    const rows = await deps.sql<{ from: number; events: number }[]>`
      SELECT floor(extract(epoch FROM event_time) * 1000 / ${unit})::float8 * ${unit} AS from, count(*)::int AS events FROM events
       WHERE event_time >= ${new Date(from)} AND event_time < ${new Date(to)} GROUP BY 1 ORDER BY 1`;
    expect(buckets.map(({ from: bucket, events }) => ({ from: bucket, events }))).toEqual([...rows]);
  }
}

/** Compares answers of each kind with the stored events. */
async function expectAnswers(start: number, end: number): Promise<void> {
  await expectBuckets(start, end);
  const range = { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
  const within = deps.sql`event_time >= ${range.start}::timestamptz AND event_time < ${range.end}::timestamptz`;
  const groups = await deps.sql`
    SELECT client_id, event_type, count(*)::int AS count FROM events WHERE ${within} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2`;
  const group = await ask(contract.groupEvents, { query: { ...range, by: "client,event_type" } });
  expect(group.body.groups).toEqual([...groups]);
  const days = await deps.sql`
    SELECT (event_time AT TIME ZONE 'Asia/Kolkata')::date::text AS day, count(*)::int AS count
      FROM events WHERE ${within} GROUP BY 1 ORDER BY 1`;
  const { body } = await ask(contract.getSeries, {
    query: { ...range, interval: "day", tz: "Asia/Kolkata" },
  });
  const series = body.series as { bucket: string; count: number }[];
  const full = series.filter(({ count }) => count > 0);
  expect(full.map(({ bucket, count }) => ({ day: bucket.slice(0, 10), count }))).toEqual([...days]);
  await expectHours(range);
  await expectLatency(
    range,
    await deps.sql`
    SELECT ms::float8 AS ms FROM events, latency_ms(received_at, processed_at) AS ms WHERE ${within} ORDER BY ms`,
  );
}

/** Compares a series by hour, client and type, in which each client and type with an event in the range has each hour. */
async function expectHours(range: { start: string; end: string }): Promise<void> {
  const counts = await deps.sql<{ ms: number; client_id: string; event_type: string; count: number }[]>`
    SELECT extract(epoch FROM date_bin('1 hour', event_time, '2000-01-01T00:30Z'))::float8 * 1000 AS ms,
           client_id, event_type, count(*)::int AS count
      FROM events WHERE event_time >= ${range.start} AND event_time < ${range.end} GROUP BY 1, 2, 3`;
  const { body } = await ask(contract.getSeries, {
    query: { ...range, interval: "hour", tz: "Asia/Kolkata", by: "client,event_type", limit: "20" },
  });
  const series = body.series as { bucket: string; client_id: string; event_type: string; count: number }[];
  const nameOf = (at: number, client: string, type: string): string => `${at} ${client} ${type}`;
  const expected = counts.map(({ ms, client_id, event_type, count }): [string, number] => [
    nameOf(ms, client_id, event_type),
    count,
  ]);
  const found = series
    .filter(({ count }) => count > 0)
    .map(({ bucket, client_id, event_type, count }): [string, number] => [
      nameOf(Date.parse(bucket), client_id, event_type),
      count,
    ]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  const groupsOf = (rows: readonly { client_id: string; event_type: string }[]): Set<string> =>
    new Set(rows.map(({ client_id, event_type }) => `${client_id} ${event_type}`));
  expect(groupsOf(series)).toEqual(groupsOf(counts));
}

async function expectLatency(
  range: Record<string, string>,
  events: readonly Record<string, number>[],
): Promise<void> {
  const { body } = await ask(contract.getLatency, { query: range });
  const max = events.at(-1)?.ms ?? null;
  expect(body).toMatchObject({ count: events.length, max_ms: max });
  for (const [name, share] of [
    ["p50_ms", 0.5],
    ["p95_ms", 0.95],
    ["p99_ms", 0.99],
  ] as const) {
    const exact = events[Math.ceil(share * events.length) - 1]?.ms;
    if (exact === undefined || exact === 0) continue;
    // The bins have this relative error; the answer is rounded to a tenth.
    expect(Math.abs(Number(body[name]) - exact)).toBeLessThanOrEqual(exact * 0.0201 + 0.05);
  }
}

describe("maintenance", () => {
  it("packs days an hour after their end, and later what was stored for them since", async () => {
    const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const day = Array.from({ length: 200 }, (_, n) => simulatedEvent(midnight - DAY_MS + n * 400_000));
    await workAt(deps, "one", midnight, [...day, simulatedEvent(midnight + 1)]);
    await runAt(deps, midnight + 3_599_999);
    expect((await loose()).packed).toBe(0);
    await runAt(deps, midnight + 3_600_000);
    expect(await loose()).toEqual({ packed: 3, quarters: 0, others: 0 });
    await workAt(deps, "one", midnight + 7_200_000, [
      simulatedEvent(midnight - 3),
      simulatedEvent(midnight - 600_000),
    ]);
    expect(await loose()).toMatchObject({ packed: 3, others: 0 });
    expect((await loose()).quarters).toBeGreaterThan(0);
    await expectAnswers(midnight - DAY_MS, midnight + DAY_MS);
    await runAt(deps, midnight + 7_200_000);
    expect(await loose()).toMatchObject({ quarters: 0, others: 0 });
    await expectAnswers(midnight - DAY_MS, midnight + DAY_MS);
    await expectAnswers(midnight - DAY_MS + 12_345_678, midnight - 1_234_567);
  });

  it("packs the latencies of each quarter of an hour, so that a part of a day has its own", async () => {
    const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const noon = midnight - DAY_MS / 2;
    // The fewer hours before midnight they were received, the sooner they were stored.
    for (const [quarter, hours] of [6, 1, 9, 3].entries()) {
      const at = noon + quarter * QUARTER_MS + 1_000;
      await workAt(deps, "one", midnight - hours * 3_600_000, [
        { ...simulatedEvent(at), eventType: "order" },
      ]);
    }
    // Of the same day, and in none of the ranges below.
    await workAt(deps, "one", midnight, [{ ...simulatedEvent(midnight - DAY_MS), eventType: "early" }]);
    await runAt(deps, midnight + 7_200_000);
    expect(await loose()).toMatchObject({ packed: 2, quarters: 0 });
    for (const first of [0, 1, 2, 3])
      for (let beyond = first + 1; beyond <= 4; beyond++)
        await expectAnswers(noon + first * QUARTER_MS, noon + beyond * QUARTER_MS);
  });

  it("leaves the rollups that a query of before its announcement reads, for the time of the grace", async () => {
    const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const early = Array.from({ length: 50 }, (_, n) => simulatedEvent(midnight - 1 - n * 600_000));
    await workAt(deps, "one", midnight, early);
    const announced = await runAt(deps, midnight + DAY_MS / 2, { graceMs: 60_000 });
    expect(announced.days_packed).toBe(0);
    // A late event is in all grains until nobody can have read the boundary of before.
    await workAt(deps, "one", midnight, [simulatedEvent(midnight - 5)]);
    const [row] = await deps.sql`SELECT count(DISTINCT total)::int AS totals, max(total)::int AS events
      FROM (SELECT grain, sum(count) AS total FROM rollups GROUP BY grain) AS grains`;
    expect(row).toEqual({ totals: 1, events: 51 });
    await expectAnswers(midnight - 3 * DAY_MS, midnight + DAY_MS);
    await deps.sql`UPDATE packing SET moved_at = moved_at - interval '61 seconds'`;
    await runAt(deps, midnight + DAY_MS / 2, { graceMs: 60_000 });
    expect(await loose()).toMatchObject({ quarters: 0, others: 0 });
    await expectAnswers(midnight - 3 * DAY_MS, midnight + DAY_MS);
  });
});

describe("packed days and the quarters beside them", () => {
  it("count each event once while late events, erasures, packing and the retention go on", async () => {
    const begin = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const events = (now: number, random: readonly number[]): SimulatedEvent[] =>
      random.map((share) => ({
        ...simulatedEvent(now - Math.floor(share * RETENTION_DAYS * DAY_MS)),
        payload: `{"user":"u${Math.floor(share * 5)}"}`,
      }));
    const share = fc.noBias(fc.integer({ min: 0, max: 999_999 })).map((part) => part / 1_000_000);
    const round = fc.record({
      days: fc.constantFrom(0, 1, 4),
      late: fc.array(fc.array(share, { minLength: 20, maxLength: 60 }), {
        minLength: 2,
        maxLength: 5,
      }),
      erased: fc.option(fc.constantFrom("u0", "u1", "u2"), { nil: undefined }),
    });
    let now = begin;
    for (const { days, late, erased } of fc.sample(round, 14)) {
      now += days * DAY_MS;
      let running = true;
      const maintenance = (async () => {
        const runs = [await runAt(deps, now), await runAt(deps, now)];
        running = false;
        return runs;
      })();
      const readers = (async () => {
        while (running) await expectExact(deps);
      })();
      const erasure =
        erased && createErasure(deps, { client: "one", property: "payload.user", value: erased }, asked);
      await Promise.all([
        ...late.map((random, n) =>
          workAt(deps, CLIENTS[n % 2] ?? "one", now - n * 98_765_432, events(now, random)),
        ),
        maintenance,
        readers,
        erasure,
      ]);
      expect((await maintenance).map(({ complete }) => complete)).toEqual([true, true]);
      await expectAnswers(now - 20 * DAY_MS - 4_567_890, now + DAY_MS);
    }
    await runAt(deps, now);
    await expectTidy(deps);
    expect(await loose()).toMatchObject({ quarters: 0, others: 0 });
    expect((await loose()).packed).toBeGreaterThan(50);
  });
});
