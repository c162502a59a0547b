/**
 * Estimates of so many distinct values that the registers of a sketch are full: within their stated error of what DuckDB counts
 * exactly, over the file of GET /v1/events/export.
 */
import { beforeAll, expect, test } from "vitest";
import { RELATIVE_ERROR } from "../../../lib/analytics/hyperloglog.ts";
import * as contract from "../../../lib/analytics/properties-contract.ts";
import { getUniques } from "../../../lib/analytics/uniques.ts";
import type { Deps } from "../../../lib/app/connect.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import { type Call, serve } from "../../../lib/http/call.ts";
import { asker, insertMany } from "../../support/http/reading.ts";
import { type DuckDb, duckDbOf, sentText } from "../../support/oracle/duckdb.ts";
import { inParts } from "../../support/oracle/in-parts.ts";
import { NOW } from "../../support/oracle/workload.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const EVENTS = 70_000;
const VISITORS = 50_000;
const SPAN_MS = 100 * DAY_MS;

const deps = await testDeps();
const { secret } = await addClient(deps, "acme", { scopes: ["read", "admin"] });
const estimating = asker(deps, secret, [
  serve(contract.getUniques, (call: Call<Deps, typeof contract.getUniques>) => getUniques(call, 0)),
]);
let duck: DuckDb;

beforeAll(async () => {
  // Every visitor's events are in different parts and, of some, in different buckets.
  const eventAt = (n: number) => ({
    event_time: new Date(NOW - SPAN_MS + n * Math.floor(SPAN_MS / EVENTS)).toISOString(),
    processed_at: new Date(NOW - 1_000).toISOString(),
    payload: `{"visitor":"${(n * 7_919) % VISITORS}"}`,
  });
  for (let first = 0; first < EVENTS; first += 10_000)
    await insertMany(deps, 10_000, (n) => eventAt(first + n));
  duck = await duckDbOf(asker(deps, secret));
}, 240_000);

const asked = {
  property: "payload.visitor",
  interval: "month",
  tz: "Asia/Kathmandu",
  start: new Date(NOW - SPAN_MS).toISOString(),
  end: new Date(NOW).toISOString(),
};

/** Five standard errors: one estimate in two million is further off. */
async function expectAbout(answer: unknown): Promise<void> {
  const rows = await duck(`
    SELECT coalesce(month, '') AS month, count(DISTINCT value)::VARCHAR AS count FROM (
      SELECT strftime(timezone('Asia/Kathmandu', event_time), '%Y-%m') AS month, ${sentText("visitor")} AS value FROM events)
     GROUP BY GROUPING SETS ((month), ())`);
  const { count, buckets } = answer as { count: number; buckets: { bucket: string; count: number }[] };
  const found = new Map([
    ["", count],
    ...buckets.map((one): [string, number] => [one.bucket.slice(0, 7), one.count]),
  ]);
  expect([...found.keys()].sort()).toEqual(rows.map(({ month }) => month).sort());
  expect(Math.max(...rows.map((row) => Number(row.count)))).toBe(VISITORS);
  for (const { month = "", count: wanted } of rows) {
    const off = Math.abs((found.get(month) ?? 0) - Number(wanted)) / Number(wanted);
    expect(off, `${month}: ${found.get(month)} of ${wanted}`).toBeLessThan(5 * RELATIVE_ERROR);
  }
}

test("an estimate is within its stated error", async () => {
  const { body, text } = await estimating(contract.getUniques, { query: asked });
  expect(body, text).toMatchObject({ method: "hyperloglog", relative_error: 0.0081 });
  await expectAbout(body);
});

test("an estimate in parts is within its stated error", async () => {
  const { result, parts } = await inParts(deps, secret, 7_000)({ kind: "uniques", ...asked });
  expect(parts).toBeGreaterThan(5);
  await expectAbout(result);
});
