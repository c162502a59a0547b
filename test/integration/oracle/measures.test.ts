/**
 * DuckDB, over the file of GET /v1/events/export, gives what Weir answers: measures of properties and of meters, groups, series in
 * ten zones, top values and distinct ones, after duplicates, late events, redelivery, erasures and fills in pieces.
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import * as contract from "../../../lib/analytics/contract.ts";
import * as properties from "../../../lib/analytics/properties-contract.ts";
import { uuidv7 } from "../../../lib/base/ids.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import { toLine } from "../../../lib/queue/message.ts";
import { drain } from "../../../lib/worker/process-batch.ts";
import { type DuckDb, duckDbOf } from "../../support/duckdb.ts";
import { eraseUser } from "../../support/erasures.ts";
import { askerOf } from "../../support/http/reading.ts";
import { declare, declareOnly, expectMeters, fillAll, fillOnePiece } from "../../support/meters.ts";
import { addClient, anAuditRow } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const ZONES = [
  "UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Asia/Kolkata", "Asia/Kathmandu",
  "Australia/Lord_Howe", "Pacific/Chatham", "Africa/Casablanca", "America/St_Johns",
]; // biome-ignore format: one zone after the other
const TYPES = ["sold", "seen"];
const NOW = Date.now();
const OLDEST = NOW - 399 * DAY_MS;
const BATCHES = 24;

const deps = await testDeps();
const admin = await askerOf(deps, "boss", ["admin"]);
let duck: DuckDb;

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -1e11, max: 1e11 }).map((n) => String(n / 1_000)) },
  { weight: 2, arbitrary: fc.integer({ min: -5, max: 5 }).map(String) },
  fc.constantFrom('"12"', "null", "true", "[1]", '{"n":1}', "", "1e5", "2.50", "-0"),
);
const payload = fc
  .record({
    amount: value,
    country: fc.constantFrom('"DE"', '"DE"', '"FR"', '"JP"', "null", "7", "", `"${"x".repeat(300)}"`),
    plan: fc.constantFrom("1", "2", "3", '"free"', ""),
    user: fc.integer({ min: 0, max: 30 }).map((n) => `"u${n}"`),
  })
  .map((members) => {
    const sent = Object.entries(members).filter(([, text]) => text !== "");
    return `{${sent.map(([name, text]) => `"${name}":${text}`).join(",")}}`;
  });
/** Anywhere, in one busy week, and around the hours at which clocks change. */
const time = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: OLDEST, max: NOW }),
      fc.integer({ min: NOW - 7 * DAY_MS, max: NOW }),
      fc.integer({ min: 0, max: 398 * 96 }).map((quarter) => Math.ceil(OLDEST / 900_000 + quarter) * 900_000),
    ),
    fc.constantFrom("", "001", "999"),
  )
  .map(([ms, micros]) => `${new Date(ms).toISOString().slice(0, -1)}${micros}Z`);
const event = fc.record({ type: fc.constantFrom(...TYPES), timestamp: time, payload });

/** A message of a client's events, as it is in the queue. */
function message(
  clientId: string,
  events: readonly { id: string; type: string; timestamp: string; payload: string }[],
) {
  const header = { v: 1, id: uuidv7(NOW), at: NOW, audit: anAuditRow(clientId), accepted: events.length };
  const lines = events.map(({ id, type, ...rest }) => toLine({ eventId: id, eventType: type, ...rest }));
  return [JSON.stringify(header), ...lines].join("\n");
}

const dimension = (name: string) => ({ name, property: `payload.${name}` });
const ofSold = { client_id: "acme", event_type: "sold", value: "payload.amount" };
const BY_BOTH = { ...ofSold, name: "by-both", dimensions: [dimension("country"), dimension("plan")] };
const BY_PLAN = { ...ofSold, name: "by-plan", dimensions: [dimension("plan")] };
/** Stays partly filled. */
const PARTLY = { ...BY_PLAN, name: "partly" };
const TOTAL = { ...ofSold, name: "total" };

beforeAll(async () => {
  for (const id of ["acme", "beta"]) await addClient(deps, id);
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
  const events = fc
    .sample(event, { numRuns: BATCHES * 120, seed })
    .map((one) => ({ id: randomUUID(), ...one }));
  for (let n = 0; n < BATCHES; n++) {
    // A third of each batch has been sent before, some of it by the other client, for which it is new.
    const batch = [
      ...events.slice(n * 120, n * 120 + 120),
      ...events.slice(Math.max(0, n * 120 - 60), n * 120),
    ];
    const body = message(n % 6 === 5 ? "beta" : "acme", batch);
    // Delivered twice: together, or again later.
    const twice = n % 4 === 0 ? [1, 1] : [1];
    expect(
      await drain(
        twice.map((deliveries, copy) => ({ id: `${n}-${copy}`, body, deliveries })),
        deps,
      ),
    ).toEqual([]);
    if (n % 5 === 0) expect(await drain([{ id: `${n}-9`, body, deliveries: 2 }], deps)).toEqual([]);
    if (n === 2) await declareOnly(deps, BY_BOTH);
    if (n === 8) await declare(deps, BY_PLAN);
    if (n === 10 || n === 18) await eraseUser(deps, "acme", "payload.user", `u${n}`);
    if (n === 12) await fillAll(deps, 70);
    if (n === 20) await declareOnly(deps, TOTAL);
  }
  await fillAll(deps, 100);
  await declareOnly(deps, PARTLY);
  await fillOnePiece(deps, "partly", 900);
  await eraseUser(deps, "acme", "payload.user", "u3");
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

const CONDITIONS = [
  ["payload.country=DE", `coalesce(json_extract_string(payload, '$.country') = 'DE', false)`],
  ["payload.country!=DE", `coalesce(json_extract_string(payload, '$.country') <> 'DE', true)`],
  ["!payload.plan", `json_type(payload, '$.plan') IS NULL`],
  [
    "payload.plan>=2",
    `coalesce(json_type(payload, '$.plan') = 'UBIGINT' AND TRY_CAST(json_extract_string(payload, '$.plan') AS DOUBLE) >= 2, false)`,
  ],
  ["payload.plan=free", `coalesce(json_extract_string(payload, '$.plan') = 'free', false)`],
] as const;

const question = fc.record({
  measure: fc.constantFrom(undefined, "sum", "avg", "min", "max", "latest"),
  range: fc.record({ start: time, end: time }, { requiredKeys: [] }),
  meter: fc.constantFrom("by-both", "by-plan", "partly", "total", undefined),
  condition: fc.option(fc.constantFrom(...CONDITIONS), { nil: undefined }),
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
  const bounds = [
    range.start && `event_time >= '${range.start}'::TIMESTAMPTZ`,
    range.end && `event_time < '${range.end}'::TIMESTAMPTZ`,
  ];
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
    where: [`client_id = 'acme'`, meter !== undefined && `event_type = 'sold'`, sql, ...bounds]
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
  expect(await expectMeters(deps)).toBeGreaterThan(5_000);
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
      const within = `${where} AND event_time >= '${start}'::TIMESTAMPTZ AND event_time < '${end}'::TIMESTAMPTZ`;
      const expected = await wanted(measure, { where: within, names, bucket });
      const more = { start, end, interval, tz, ...(by !== undefined && { by }) };
      const { body, text } = await admin(contract.getSeries, { query: { ...query, ...more } });
      expect(body.series, text).toBeDefined();
      expect(keyed(body.series as unknown as Answered[], by)).toEqual(expected);
    }),
    { numRuns: 120 },
  );
});

test("top and uniques give what DuckDB gives", async () => {
  for (const property of ["country", "plan", "user", "amount"]) {
    const query = { client: "acme", property: `payload.${property}`, event_type: "sold" };
    const [distinct] = await duck(`
      SELECT count(DISTINCT json_extract_string(payload, '$.${property}') || json_type(payload, '$.${property}'))::VARCHAR AS n
        FROM events WHERE client_id = 'acme' AND event_type = 'sold' AND json_type(payload, '$.${property}') <> 'NULL'`);
    // Values are compared as they were sent, and some of the amounts are sent in two ways.
    if (property !== "amount")
      expect((await admin(properties.getUniques, { query })).body.count).toBe(Number(distinct?.n));
    const top = (await admin(properties.getTop, { query: { ...query, limit: "1000" } })).body;
    const [have] = await duck(`
      SELECT count(*)::VARCHAR AS n FROM events
       WHERE client_id = 'acme' AND event_type = 'sold' AND json_type(payload, '$.${property}') IS NOT NULL`);
    expect(top.events).toBe(Number(have?.n));
  }
});
