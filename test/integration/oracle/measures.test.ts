/**
 * DuckDB, over the file of GET /v1/events/export, gives what Weir answers: measures of properties and of meters, groups, and series in
 * ten zones, after duplicates, late events, redelivery, erasures and fills in pieces.
 */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import * as contract from "../../../lib/analytics/contract.ts";
import { askerOf } from "../../support/http/reading.ts";
import { declare, declareOnly, expectMeters, fillAll, fillOnePiece } from "../../support/meters.ts";
import { type DuckDb, duckDbOf } from "../../support/oracle/duckdb.ts";
import {
  condition,
  NOW,
  OLDEST,
  range,
  storeWorkload,
  within,
  ZONES,
} from "../../support/oracle/workload.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const admin = await askerOf(deps, "boss", ["admin"]);
let duck: DuckDb;

const dimension = (name: string) => ({ name, property: `payload.${name}` });
const ofSold = { client_id: "acme", event_type: "sold", value: "payload.amount" };
const BY_BOTH = { ...ofSold, name: "by-both", dimensions: [dimension("country"), dimension("plan")] };
const BY_PLAN = { ...ofSold, name: "by-plan", dimensions: [dimension("plan")] };
/** Stays partly filled. */
const PARTLY = { ...BY_PLAN, name: "partly" };
const TOTAL = { ...ofSold, name: "total" };

beforeAll(async () => {
  await storeWorkload(deps, async (batch) => {
    if (batch === 2) await declareOnly(deps, BY_BOTH);
    if (batch === 8) await declare(deps, BY_PLAN);
    if (batch === 12) await fillAll(deps, 70);
    if (batch === 20) await declareOnly(deps, TOTAL);
    if (batch !== 23) return;
    await fillAll(deps, 100);
    await declareOnly(deps, PARTLY);
    await fillOnePiece(deps, "partly", 900);
  });
  duck = await duckDbOf(admin);
}, 240_000);

interface Row {
  names: string | null;
  bucket: string | null;
  count: string;
  numbers: string;
  not_numbers: string;
  sum: string | null;
  min: string | null;
  max: string | null;
  latest: string | null;
}

const trimmed = (text: string | null): string | null =>
  text === null
    ? null
    : text
        .replace(/(\.\d*?)0+$/, "$1")
        .replace(/\.$/, "")
        .replace(/^-0$/, "0");

/** Half away from zero, to 20 digits after the point. */
function quotient(sum: string, numbers: bigint): string {
  const scaled = BigInt(sum.replace(".", "")) * 10n ** 11n;
  const size = scaled < 0n ? -scaled : scaled;
  const rounded = (2n * size + numbers) / (2n * numbers);
  const digits = String(rounded).padStart(21, "0");
  return `${scaled < 0n && rounded > 0n ? "-" : ""}${digits.slice(0, -20)}.${digits.slice(-20)}`;
}

/** DuckDB's answer, in the form of Weir's. @param key the group and the bucket, as SQL */
async function wanted(
  measure: string | undefined,
  { where, names, bucket }: { where: string; names: string; bucket: string },
): Promise<Map<string, object>> {
  const rows = await duck<Row>(`
    SELECT ${names} AS names, ${bucket} AS bucket, count(*)::VARCHAR AS count, count(number)::VARCHAR AS numbers,
           (count(*) FILTER (WHERE has AND number IS NULL))::VARCHAR AS not_numbers, sum(number)::VARCHAR AS sum,
           min(number)::VARCHAR AS min, max(number)::VARCHAR AS max,
           (max_by(number, lpad(epoch_us(event_time)::VARCHAR, 20, '0') || event_id) FILTER (WHERE number IS NOT NULL))::VARCHAR AS latest
      FROM events WHERE ${where} GROUP BY 1, 2`);
  return new Map(
    rows.map((row) => {
      const { numbers, sum } = row;
      const value = measure === "avg" ? sum && quotient(sum, BigInt(numbers)) : row[measure as "sum"];
      const counted = { count: Number(row.count) };
      const measured = {
        value: trimmed(value ?? null),
        numbers: Number(numbers),
        not_numbers: Number(row.not_numbers),
      };
      return [`${row.names} ${row.bucket}`, measure === undefined ? counted : { ...counted, ...measured }];
    }),
  );
}

const question = fc.record({
  measure: fc.constantFrom(undefined, "sum", "avg", "min", "max", "latest"),
  range,
  meter: fc.constantFrom("by-both", "by-plan", "partly", "total", undefined),
  condition,
  tz: fc.constantFrom(...ZONES),
  interval: fc.constantFrom("day", "week", "month"),
  grouped: fc.boolean(),
});
type Question = typeof question extends fc.Arbitrary<infer Q> ? Q : never;

/** The condition, unless the meter lacks its dimension. */
function conditionOn(
  meter: Question["meter"],
  condition: Question["condition"],
): readonly [text: string | undefined, sql: string] {
  const has =
    meter === "by-both" ||
    meter === undefined ||
    (["by-plan", "partly"].includes(meter) && condition?.[0].includes("plan"));
  return has && condition ? condition : [undefined, "true"];
}

/** The question for both. */
function ask({ measure, range, meter, condition, grouped }: Question) {
  const [text, sql] = conditionOn(meter, condition);
  const by = meter === undefined ? "event_type" : meter === "total" ? undefined : "plan";
  const plan = `coalesce(json_extract(payload, '$.plan')::VARCHAR, '')`;
  return {
    query: {
      client: "acme",
      ...range,
      ...(meter === undefined ? { property: "payload.amount" } : { meter }),
      ...((measure !== undefined || meter === undefined) && { measure: measure ?? "sum" }),
      ...(text !== undefined && { where: text }),
    },
    measure: measure ?? (meter === undefined ? "sum" : undefined),
    by: grouped ? by : undefined,
    where: [`client_id = 'acme'`, meter !== undefined && `event_type = 'sold'`, sql, within(range)]
      .filter(Boolean)
      .join(" AND "),
    names: grouped && by !== undefined ? (meter === undefined ? "event_type" : plan) : "''",
  };
}

interface Answered {
  bucket?: string;
  event_type?: string;
  dimensions?: { plan?: unknown };
  count: number;
}

/** Weir's answer in the form of DuckDB's. */
function keyed(cells: readonly Answered[], by: string | undefined): Map<string, object> {
  return new Map(
    cells
      .filter(({ count }) => count > 0)
      .map(({ bucket, event_type, dimensions, ...cell }) => {
        const plan = dimensions?.plan === undefined ? "" : JSON.stringify(dimensions.plan);
        const name = by === undefined ? "" : (event_type ?? plan);
        return [`${name} ${bucket === undefined ? null : bucket.slice(0, 10)}`, cell];
      }),
  );
}

const none = (measure: string | undefined) =>
  measure === undefined ? { count: 0 } : { count: 0, value: null, numbers: 0, not_numbers: 0 };

test("the workload has erasures, duplicates and every kind of value", async () => {
  const [found] = await duck<Record<string, string>>(`
    SELECT count(*)::INT AS events, (count(*) FILTER (WHERE json_exists(payload, '$.erased')))::INT AS erased,
           (count(*) FILTER (WHERE has AND number IS NULL))::INT AS others FROM events`);
  expect(Number(found?.events)).toBe(Number((await admin(contract.countEvents)).body.count));
  expect(Number(found?.events)).toBeGreaterThan(2_500);
  expect(Number(found?.erased)).toBeGreaterThan(100);
  expect(Number(found?.others)).toBeGreaterThan(100);
  expect(await expectMeters(deps)).toBeGreaterThan(3_000);
});

test("a meter that is partly filled says so, and reads the rest from the events", async () => {
  const query = { client: "acme", meter: "partly", measure: "sum" };
  const { body } = await admin(contract.countEvents, { query });
  const from = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:(?:00|15|30|45):00\.000Z$/);
  expect(body).toMatchObject({ source: "mixed", meter: { state: "filling", complete_from: from } });
  const start = (body.meter as { complete_from: string }).complete_from;
  const after = await admin(contract.countEvents, { query: { ...query, start } });
  expect(after.body).toMatchObject({ source: "rollup" });
  expect((await admin(contract.countEvents, { query: { ...query, end: start } })).body.source).toBe("raw");
});

test("count and group give what DuckDB gives", { timeout: 200_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(question, async (asked) => {
      const { query, measure, by, where, names } = ask(asked);
      const expected = await wanted(measure, { where, names, bucket: "NULL" });
      if (by === undefined) {
        const { body } = await admin(contract.countEvents, { query });
        expect(body).toMatchObject([...expected.values()][0] ?? none(measure));
        return;
      }
      const { body } = await admin(contract.groupEvents, { query: { ...query, by } });
      expect(keyed(body.groups as unknown as Answered[], by)).toEqual(expected);
    }),
    { numRuns: 120 },
  );
});

test("series in ten zones give what DuckDB gives", { timeout: 200_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(question, async (asked) => {
      const { query, measure, by, where, names } = ask(asked);
      const start = asked.range.start ?? new Date(OLDEST).toISOString();
      const end = asked.range.end ?? new Date(NOW).toISOString();
      const { interval, tz } = asked;
      const bucket = `strftime(date_trunc('${interval}', timezone('${tz}', event_time)), '%Y-%m-%d')`;
      const bounded = `${where} AND ${within({ start, end })}`;
      const expected = await wanted(measure, { where: bounded, names, bucket });
      const more = { start, end, interval, tz, ...(by !== undefined && { by }) };
      const { body, text } = await admin(contract.getSeries, { query: { ...query, ...more } });
      expect(body.series, text).toBeDefined();
      expect(keyed(body.series as unknown as Answered[], by)).toEqual(expected);
    }),
    { numRuns: 120 },
  );
});
