/** One calendar: `uniques` and `series` use the same buckets, in every zone that a call accepts. */

import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { getSeries } from "../../../lib/analytics/contract.ts";
import * as contract from "../../../lib/analytics/properties-contract.ts";
import { getUniques } from "../../../lib/analytics/uniques.ts";
import { DAY_MS, MINUTE_MS } from "../../../lib/base/time.ts";
import { serve } from "../../../lib/http/call.ts";
import { asker, insertMany } from "../../support/http/reading.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const { secret } = await addClient(deps, "acme");
const acme = asker(deps, secret);

interface Question {
  event_type: string;
  interval: string;
  tz: string;
  start: string;
  end: string;
}
type Bucket = [bucket: string, count: number];

const bucketsOf = (cells: unknown): Bucket[] =>
  (cells as { bucket: string; count: number }[]).map(({ bucket, count }) => [bucket, count]);

/** The buckets of `series` that have events. */
async function series(query: Question): Promise<Bucket[]> {
  const { status, body, text } = await acme(getSeries, { query: { ...query } });
  expect(status, text).toBe(200);
  return bucketsOf(body.series).filter(([, count]) => count > 0);
}

/** The buckets of `uniques`. @param exactEvents 0 for an estimate */
async function uniques(query: Question, exactEvents: number): Promise<Bucket[]> {
  const ask = asker(deps, secret, [serve(contract.getUniques, (call) => getUniques(call, exactEvents))]);
  const { status, body, text } = await ask(contract.getUniques, {
    query: { ...query, property: "payload.n" },
  });
  expect(status, text).toBe(200);
  return bucketsOf(body.buckets);
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** Every event has a different value, so that both calls count the same in each bucket. */
async function storeAt(times: readonly number[]): Promise<string> {
  const event_type = `at-${randomUUID()}`;
  await insertMany(deps, times.length, (n) => ({
    event_type,
    event_time: iso(times[n] ?? 0),
    payload: `{"n":${n}}`,
  }));
  return event_type;
}

describe("uniques and series use the same buckets", () => {
  test.each<[zone: string, day: string, interval: string]>([
    ["America/Havana", "2026-11-01", "hour"],
    ["America/Havana", "2026-11-01", "day"],
    ["America/Havana", "2026-03-08", "day"],
    ["Atlantic/Azores", "2026-10-25", "hour"],
    ["Atlantic/Azores", "2026-10-25", "day"],
    ["Australia/Lord_Howe", "2026-04-05", "hour"],
    ["Australia/Lord_Howe", "2026-10-04", "hour"],
    ["Africa/Casablanca", "2026-09-21", "hour"],
    ["Africa/Casablanca", "2026-10-01", "month"],
    ["Pacific/Apia", "2011-12-30", "day"],
    ["Pacific/Apia", "2011-12-30", "week"],
    ["+05:30", "2026-04-05", "hour"],
    ["-03:30", "2026-04-05", "day"],
  ])("in %s about %s, by %s", async (tz, day, interval) => {
    const middle = Date.parse(`${day}T00:00:00Z`);
    const times = Array.from({ length: 288 }, (_, n) => middle + (n - 144) * 15 * MINUTE_MS);
    const query = {
      event_type: await storeAt(times),
      interval,
      tz,
      start: iso(middle - 2 * DAY_MS),
      end: iso(middle + 2 * DAY_MS),
    };
    const expected = await series(query);
    expect(expected.reduce((sum, [, count]) => sum + count, 0)).toBe(times.length);
    expect(await uniques(query, 1_000)).toEqual(expected);
    // With so few values an estimate is off by one or two.
    const estimated = await uniques(query, 0);
    expect(estimated.map(([bucket]) => bucket)).toEqual(expected.map(([bucket]) => bucket));
    for (const [index, [, count]] of estimated.entries())
      expect(Math.abs(count - (expected[index]?.[1] ?? 0))).toBeLessThanOrEqual(2);
  });

  const zone = fc.constantFrom(...Intl.supportedValuesOf("timeZone"), "UTC", "+05:45", "-09:30", "+14:00");
  const first = Date.parse("2024-01-01T00:00:00Z");

  test("for any zone, range and interval", async () => {
    await fc.assert(
      fc.asyncProperty(
        zone,
        fc.constantFrom("hour", "day", "week", "month"),
        fc.integer({ min: 0, max: 3 * 365 * DAY_MS }),
        fc.integer({ min: 1, max: 40 * DAY_MS }),
        fc.array(fc.integer({ min: 0, max: 40 * DAY_MS }), { minLength: 1, maxLength: 40 }),
        async (tz, interval, offset, length, places) => {
          const from = first + offset;
          const event_type = await storeAt(places.map((ms) => from + ms));
          const query = { event_type, interval, tz, start: iso(from), end: iso(from + length) };
          expect(await uniques(query, 1_000)).toEqual(await series(query));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("all calls with calendar buckets accept the same zones", () => {
  const ask = async (tz: string): Promise<number[]> => {
    const query = { interval: "day", tz, start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
    const uniques = await acme(contract.getUniques, { query: { ...query, property: "payload.n" } });
    return [(await acme(getSeries, { query })).status, uniques.status];
  };

  test.each(["UTC", "Europe/Berlin", "europe/berlin", "America/Argentina/Ushuaia", "Etc/GMT+5", "EST5EDT", "+05:30", "-00:00"])(
    "%s is accepted",
    async (tz) => expect(await ask(tz)).toEqual([200, 200]),
  ); // biome-ignore format: one call a line

  test.each(["", "Mars/Olympus", "05:30", " 05:30", "+5", "+0530", "+24:00", "+05:30:15", "EST5EDT,M3.2.0,M11.1.0", "2026-01-01T00:00[Europe/Berlin]", "posixrules", "../UTC"])(
    "%j is refused",
    async (tz) => expect(await ask(tz)).toEqual([400, 400]),
  ); // biome-ignore format: one call a line
});
