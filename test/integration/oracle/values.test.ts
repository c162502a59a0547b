/** DuckDB, over the file of GET /v1/events/export, gives what Weir answers: the most frequent values, and how many there are. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { RELATIVE_ERROR } from "../../../lib/analytics/hyperloglog.ts";
import * as contract from "../../../lib/analytics/properties-contract.ts";
import { getUniques } from "../../../lib/analytics/uniques.ts";
import type { Deps } from "../../../lib/app/connect.ts";
import { type Call, serve } from "../../../lib/http/call.ts";
import { asker } from "../../support/http/reading.ts";
import { type DuckDb, duckDbOf, sentText } from "../../support/oracle/duckdb.ts";
import { type AskInParts, inParts } from "../../support/oracle/in-parts.ts";
import {
  condition,
  NOW,
  OLDEST,
  range,
  storeWorkload,
  TYPES,
  within,
  ZONES,
} from "../../support/oracle/workload.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const { secret } = await addClient(deps, "boss", { scopes: ["admin"] });
const admin = asker(deps, secret);
/** Always estimates. */
const estimating = asker(deps, secret, [
  serve(contract.getUniques, (call: Call<Deps, typeof contract.getUniques>) => getUniques(call, -1)),
]);
const parts: AskInParts = inParts(deps, secret);
let duck: DuckDb;

beforeAll(async () => {
  await storeWorkload(deps);
  duck = await duckDbOf(admin);
}, 240_000);

const PROPERTIES = ["amount", "country", "plan", "user", "note", "nobody"];
const question = fc.record({
  property: fc.constantFrom(...PROPERTIES),
  client: fc.constantFrom("acme", "acme", undefined),
  type: fc.constantFrom(...TYPES, undefined),
  range,
  condition,
});
type Question = typeof question extends fc.Arbitrary<infer Q> ? Q : never;

/** The question for Weir, and for DuckDB a table `sent` with the value of each event that has one. */
function ask({ property, client, type, range, condition }: Question) {
  const where = [
    within(range),
    client && `client_id = '${client}'`,
    type && `event_type = '${type}'`,
    condition?.[1],
  ];
  return {
    query: {
      property: `payload.${property}`,
      ...(client !== undefined && { client }),
      ...(type !== undefined && { event_type: type }),
      ...range,
    },
    where: condition?.[0],
    sent: `sent AS (SELECT ${sentText(property)} AS value, event_time FROM events WHERE ${where.filter(Boolean).join(" AND ")})`,
  };
}

/** The beginning of an answer of `top`. */
async function topOf(sent: string, limit: number): Promise<string> {
  const values = await duck(`
    WITH ${sent} SELECT value, count(*)::VARCHAR AS count FROM sent WHERE strlen(value) <= 1000
     GROUP BY value ORDER BY count(*) DESC, encode(value) LIMIT ${limit}`);
  const [all] = await duck(`
    WITH ${sent} SELECT count(value)::VARCHAR AS events, (count(*) FILTER (WHERE strlen(value) > 1000))::VARCHAR AS too_long FROM sent`);
  const list = values.map(({ value, count }) => `{"value":${value},"count":${count}}`).join(",");
  return `{"values":[${list}],"events":${all?.events},"too_long":${all?.too_long},`;
}

test("the workload has values that differ in their text only, long ones, and events without any", async () => {
  const counts = await duck<{ value: string | null; count: string }>(`
    SELECT ${sentText("note")} AS value, count(*)::VARCHAR AS count FROM events GROUP BY 1`);
  expect(counts).toHaveLength(11);
  const [amounts] = await duck(`
    SELECT count(DISTINCT ${sentText("amount")})::VARCHAR AS texts, count(DISTINCT number)::VARCHAR AS numbers FROM events`);
  expect(Number(amounts?.numbers)).toBeGreaterThan(1_000);
  expect(Number(amounts?.texts)).toBeGreaterThan(Number(amounts?.numbers));
});

test("top gives DuckDB's values and counts, in the same order", async () => {
  const asked = fc.tuple(question, fc.constantFrom(1, 3, 1_000));
  await fc.assert(
    fc.asyncProperty(asked, async ([one, limit]) => {
      const { query, where, sent } = ask(one);
      const { text } = await admin(contract.getTop, {
        query: { ...query, limit: String(limit), ...(where !== undefined && { where }) },
      });
      expect(text.slice(0, text.indexOf('"as_of"'))).toBe(await topOf(sent, limit));
    }),
    { numRuns: 80 },
  );
});

test("top in parts gives DuckDB's values and counts, in the same order", async () => {
  const numbers: number[] = [];
  const asked = fc.tuple(question, fc.constantFrom(3, 1_000));
  await fc.assert(
    fc.asyncProperty(asked, async ([one, limit]) => {
      const { query, where, sent } = ask(one);
      const answer = await parts({
        kind: "top",
        ...query,
        limit,
        ...(where !== undefined && { where: [where] }),
      });
      expect(answer.text).toContain(`"result":${await topOf(sent, limit)}"max_missing":0}`);
      numbers.push(answer.parts);
    }),
    { numRuns: 30 },
  );
  expect(Math.max(...numbers)).toBeGreaterThan(5);
});

const inBuckets = fc.record({
  asked: question,
  interval: fc.constantFrom("day", "week", "month"),
  tz: fc.constantFrom(...ZONES),
});
type InBuckets = typeof inBuckets extends fc.Arbitrary<infer Q> ? Q : never;

interface Counted {
  count: number;
  buckets: { bucket: string; count: number }[];
}

/** Distinct values by the date of the bucket, and under "" in all of them. */
async function uniquesOf({ asked, interval, tz }: InBuckets): Promise<Map<string, number>> {
  const { sent } = ask(asked);
  const bucket = `strftime(date_trunc('${interval}', timezone('${tz}', event_time)), '%Y-%m-%d')`;
  const rows = await duck(`
    WITH ${sent} SELECT coalesce(bucket, '') AS bucket, count(DISTINCT value)::VARCHAR AS count
      FROM (SELECT ${bucket} AS bucket, value FROM sent WHERE value <> 'null') GROUP BY GROUPING SETS ((bucket), ())`);
  return new Map(rows.map(({ bucket = "", count }) => [bucket, Number(count)]));
}

const keyed = ({ count, buckets }: Counted): Map<string, number> =>
  new Map([["", count], ...buckets.map((one): [string, number] => [one.bucket.slice(0, 10), one.count])]);

/** Five standard errors: one estimate in two million is further off. Of few values, two may share a register. */
function expectAbout(found: Map<string, number>, wanted: Map<string, number>): void {
  expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const [bucket, count] of wanted) {
    const off = Math.abs((found.get(bucket) ?? 0) - count);
    expect(off, `${bucket}: ${found.get(bucket)} of ${count}`).toBeLessThanOrEqual(
      Math.max(2, 5 * RELATIVE_ERROR * count),
    );
  }
}

test("uniques give DuckDB's counts of all properties, by day, week and month in ten zones", async () => {
  await fc.assert(
    fc.asyncProperty(inBuckets, async (one) => {
      const { query, where } = ask(one.asked);
      const { interval, tz } = one;
      const { body, text } = await admin(contract.getUniques, {
        query: { ...query, interval, tz, ...(where !== undefined && { where }) },
      });
      expect(body, text).toMatchObject({ method: "exact", relative_error: 0 });
      expect(keyed(body as unknown as Counted)).toEqual(await uniquesOf(one));
    }),
    { numRuns: 80 },
  );
});

test("estimates of uniques are within their stated error", async () => {
  await fc.assert(
    fc.asyncProperty(inBuckets, async (one) => {
      const { query, where } = ask(one.asked);
      const { interval, tz } = one;
      const { body, text } = await estimating(contract.getUniques, {
        query: { ...query, interval, tz, ...(where !== undefined && { where }) },
      });
      expect(body, text).toMatchObject({ method: "hyperloglog", relative_error: 0.0081 });
      expectAbout(keyed(body as unknown as Counted), await uniquesOf(one));
    }),
    { numRuns: 40 },
  );
});

test("uniques in parts are within their stated error", async () => {
  await fc.assert(
    fc.asyncProperty(inBuckets, async (one) => {
      const { query, where } = ask(one.asked);
      // A question in parts has 400 buckets at most.
      const [start, end] = [new Date(OLDEST).toISOString(), new Date(NOW - 1).toISOString()];
      const bounded = { ...one, asked: { ...one.asked, range: { start, end, ...one.asked.range } } };
      const { interval, tz } = one;
      const { result } = await parts({
        kind: "uniques",
        ...{ start, end, ...query, interval, tz },
        ...(where !== undefined && { where: [where] }),
      });
      expectAbout(keyed(result as unknown as Counted), await uniquesOf(bounded));
    }),
    { numRuns: 30 },
  );
});
