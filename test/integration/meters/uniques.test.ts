/** Distinct values of meters, from sketches of packed days and from events, against exact counts. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import * as contract from "../../../lib/analytics/contract.ts";
import { RELATIVE_ERROR } from "../../../lib/analytics/hyperloglog.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import { eraseUser } from "../../support/erasures.ts";
import { expectOnlyFault } from "../../support/http/problems.ts";
import { askerOf } from "../../support/http/reading.ts";
import { type SimulatedEvent, workAt } from "../../support/maintenance.ts";
import {
  declare,
  declareOnly,
  eventAt,
  expectMeters,
  expectSketches,
  fillAll,
  NOW,
  packAt,
  TODAY,
} from "../../support/meters.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const { sql } = deps;
const ask = await askerOf(deps, "shop");
const DAYS = 6;
const ZONES = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"];
const USERS = 2_500;
const iso = (ms: number): string => new Date(ms).toISOString();
const pick = (n: number): number => Math.floor(Math.random() * n);

const aMeter = {
  client_id: "shop",
  name: "visitors",
  event_type: "type-0",
  value: "payload.user",
  uniques: true,
};
const dimensions = ["set", "page"].map((name) => ({ name, property: `payload.${name}` }));

/** Users by sets of different sizes, a number among the values, and events with null and without a user. */
function someEvents(count: number): SimulatedEvent[] {
  return Array.from({ length: count }, (_, n) => {
    const set = pick(3);
    const user = n % 50 === 0 ? null : n % 51 === 0 ? pick(20) : `u${pick(USERS / 10 ** set)}`;
    const payload = { set, page: pick(2), ...(n % 49 !== 0 && { user }) };
    return eventAt(NOW - pick(DAYS * DAY_MS), payload);
  });
}

async function store(count: number): Promise<void> {
  for (let done = 0; done < count; done += 1_000) await workAt(deps, "shop", NOW, someEvents(1_000));
}

beforeAll(async () => {
  await addClient(deps, "other");
  await store(4_000);
  await declareOnly(deps, { ...aMeter, dimensions });
  await fillAll(deps, 1_500);
  await store(4_000);
});

interface Counted {
  bucket?: string;
  dimensions?: { set?: number };
  count: number;
  value: string;
  numbers: number;
  not_numbers: number;
}

const expectNear = (found: string, exact: number): void => {
  expect(found).toMatch(/^\d+$/);
  expect(Math.abs(Number(found) - exact), `${found} for ${exact}`).toBeLessThanOrEqual(
    Math.max(3, 3 * RELATIVE_ERROR * exact),
  );
};

const question = fc
  .record({
    start: fc.integer({ min: TODAY - (DAYS + 1) * DAY_MS, max: NOW }),
    length: fc.integer({ min: 1, max: (DAYS + 1) * DAY_MS }),
    onDays: fc.boolean(),
    page: fc.constantFrom(undefined, 0, 1),
    tz: fc.constantFrom(...ZONES),
    interval: fc.constantFrom("day", "week"),
  })
  .map(({ start, length, onDays, ...rest }) => {
    const unit = onDays ? DAY_MS : 1;
    return {
      ...rest,
      start: Math.floor(start / unit) * unit,
      end: Math.ceil((start + length) / unit) * unit,
    };
  });

/** Exact numbers by SQL of the test's own. @param at expression of the bucket */
const exactly = (start: number, end: number, page: number | undefined, set: boolean, tz: string) => sql<
  { key: string; count: number; distinct: number; numbers: number; others: number }[]
>`
  SELECT coalesce(CASE WHEN ${set} THEN (payload #> '{set}')::text ELSE (event_time AT TIME ZONE ${tz})::date::text END, '') AS key,
         count(*)::int AS count, count(DISTINCT (payload #> '{user}')::text) FILTER (WHERE payload ->> 'user' IS NOT NULL)::int AS distinct,
         count(*) FILTER (WHERE json_typeof(payload -> 'user') = 'number')::int AS numbers,
         count(*) FILTER (WHERE json_typeof(payload -> 'user') <> 'number')::int AS others
    FROM events
   WHERE client_id = 'shop' AND event_type = 'type-0' AND event_time >= ${iso(start)}::timestamptz
     AND event_time < ${iso(end)}::timestamptz AND (${page ?? null}::int IS NULL OR (payload ->> 'page')::int = ${page ?? null}::int)
   GROUP BY GROUPING SETS ((1), ())`;

async function expectClose(numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(question, async ({ start, end, page, tz, interval }) => {
      const range = {
        start: iso(start),
        end: iso(end),
        ...(page !== undefined && { where: `payload.page=${page}` }),
      };
      const query = { meter: "visitors", measure: "uniques", ...range };
      const same = (found: Counted, exact: Awaited<ReturnType<typeof exactly>>[number] | undefined): void => {
        expect(found).toMatchObject({
          count: exact?.count,
          numbers: exact?.numbers,
          not_numbers: exact?.others,
        });
        expectNear(found.value, exact?.distinct ?? 0);
      };
      const bySet = await exactly(start, end, page, true, tz);
      const whole = await ask(contract.countEvents, { query });
      expect(whole.body, whole.text).toMatchObject({ method: "hyperloglog", relative_error: 0.0081 });
      // The last row is of all sets.
      same(whole.body as unknown as Counted, bySet.at(-1));
      const { body } = await ask(contract.groupEvents, { query: { ...query, by: "set" } });
      const groups = body.groups as unknown as Counted[];
      expect(groups).toHaveLength(bySet.length - 1);
      for (const group of groups)
        same(
          group,
          bySet.find(({ key }) => key === String(group.dimensions?.set ?? "")),
        );
      const values = groups.map(({ value }) => Number(value));
      expect(values).toEqual(values.toSorted((a, b) => b - a));
      if (interval !== "day") return;
      const series = await ask(contract.getSeries, { query: { ...query, interval, tz } });
      const cells = (series.body.series as Counted[]).filter(({ count }) => count > 0);
      const byDay = (await exactly(start, end, page, false, tz)).slice(0, -1);
      expect(cells).toHaveLength(byDay.length);
      for (const cell of cells)
        same(
          cell,
          byDay.find(({ key }) => key === cell.bucket?.slice(0, 10)),
        );
    }),
    { numRuns },
  );
}

const sketched = async (): Promise<{ days: number; all: number }> => {
  const [row] = await sql<[{ days: number; all: number }]>`
    SELECT count(*)::int AS all, count(registers)::int AS days FROM packed_meter_days`;
  return row;
};

/** Each state follows the one before. */
const STATES: [string, () => Promise<unknown>][] = [
  ["open days", async () => {}],
  ["packed days", () => packAt(deps, NOW)],
  ["packed days with late events", () => store(300)],
  ["days that were packed again", () => packAt(deps, NOW)],
  ["payloads erased", () => eraseUser(deps, "shop", "payload.user", "u1")],
  ["days that were packed after an erasure", () => packAt(deps, NOW)],
];

describe.each(STATES)("with %s", (name, begin) => {
  beforeAll(async () => {
    await begin();
  });

  test("estimates stay within three standard errors, and counts are exact", { timeout: 60_000 }, async () => {
    await expectMeters(deps);
    await expectSketches(deps);
    if (name.includes("were packed") || name === "packed days") {
      const { days, all } = await sketched();
      expect(days).toBe(all);
      expect(all).toBeGreaterThan(20);
    }
    await expectClose(25);
  });
});

test("a group's buckets are those of the first groups", async () => {
  const query = { meter: "visitors", measure: "uniques", by: "set", interval: "day", limit: "2" };
  const range = { start: iso(TODAY - 3 * DAY_MS), end: iso(TODAY + DAY_MS) };
  const { body } = await ask(contract.getSeries, { query: { ...query, ...range } });
  const sets = (body.series as Counted[]).map(({ dimensions }) => dimensions?.set);
  expect(new Set(sets)).toEqual(new Set([0, 1]));
  expect(sets).toHaveLength(8);
});

test("a full day is read from its sketch, unless an event has come since", async () => {
  const day = { start: iso(TODAY - 2 * DAY_MS), end: iso(TODAY - DAY_MS) };
  const query = { meter: "visitors", measure: "uniques", ...day };
  const estimate = async (source: string): Promise<number> => {
    const { body } = await ask(contract.countEvents, { query });
    expect(body.source).toBe(source);
    return Number(body.value);
  };
  const value = await estimate("rollup");
  expect(value).toBeGreaterThan(100);
  await sql`UPDATE packed_meter_days SET registers = '{}', ranks = '{}' WHERE day = ${day.start}::timestamptz`;
  expect(await estimate("rollup")).toBe(0);
  await workAt(deps, "shop", NOW, [eventAt(TODAY - 2 * DAY_MS + 3, { user: "late", set: 0 })]);
  expect(Math.abs((await estimate("mixed")) - value)).toBeLessThan(4);
  await sql`UPDATE packed_meter_days SET registers = NULL, ranks = NULL WHERE day = ${day.start}::timestamptz`;
  await packAt(deps, NOW);
  await expectSketches(deps);
  expect(Math.abs((await estimate("rollup")) - value)).toBeLessThan(4);
  // Packed, but not sketched yet.
  await sql`UPDATE packed_meter_days SET registers = NULL, ranks = NULL WHERE day = ${day.start}::timestamptz`;
  expect(Math.abs((await estimate("mixed")) - value)).toBeLessThan(4);
});

test("is refused for what does not keep distinct values, with the reason", async () => {
  await declare(deps, { ...aMeter, name: "plain", uniques: false });
  const asked = async (query: object) =>
    ask(contract.countEvents, { query: { measure: "uniques", ...query } });
  const refused = await asked({ meter: "plain" });
  expectOnlyFault(refused, 400, "invalid-parameter", "measure");
  expect(refused.text).toContain('declared with \\"uniques\\": true');
  expectOnlyFault(await asked({ property: "payload.user" }), 400, "invalid-parameter", "measure");
  await expect(declare(deps, { ...aMeter, name: "bad", value: null })).rejects.toMatchObject({
    code: "invalid-body",
  });
});
