import postgres from "postgres";
import { expect, test } from "vitest";
import { coverStored } from "../../../lib/analytics/packed-range.ts";
import { coverRange } from "../../../lib/analytics/range.ts";
import { countEvents, countSeries } from "../../../lib/analytics/sql/sum-events.ts";
import type { Deps } from "../../../lib/app/connect.ts";
import { DAY_MS, instantOf } from "../../../lib/base/time.ts";
import { announcePacking, packOver } from "../../../lib/maintenance/packing.ts";
import { newSteps } from "../../../lib/postgres/lock-retry.ts";
import { types } from "../../../lib/postgres/types.ts";
import { storeEvents } from "../../../lib/worker/sql/store-events.ts";
import { atEnd } from "../../support/cleanup.ts";
import { anEventRow } from "../../support/event-rows.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const END = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const START = END - 365 * DAY_MS;
const SCOPE = { clientId: "acme", eventTypes: undefined };

// One connection, and so one rollup slot.
const deps = await testDeps({ databasePoolSize: 1 });
await addClient(deps, "acme");
let last: { text: string; values: unknown[] };
const watched = postgres(deps.config.databaseUrl, {
  max: 1,
  types,
  fetch_types: false,
  debug: (_connection, text, values) => {
    last = { text, values };
  },
});
atEnd(() => watched.end());

/** Stores `perDay` events in each of the same minutes, as the worker does. */
async function insert(perDay: number): Promise<void> {
  for (let n = 0; n < perDay; n++) {
    const rows = Array.from({ length: 365 }, (_, day) =>
      anEventRow({ timestamp: new Date(START + day * DAY_MS + 3_600_000).toISOString() }),
    );
    await storeEvents(deps.sql, rows);
  }
}

interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Heap Fetches"?: number;
  "Actual Rows": number;
  "Actual Loops": number;
  Plans?: Plan[];
}

/** Runs the statement again and returns the parts of its plan that read a table. */
async function scansOf(ask: () => Promise<unknown>): Promise<(Plan & { "Relation Name": string })[]> {
  await ask();
  const { text, values } = last;
  const [row] = await deps.sql.unsafe(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
    values as postgres.ParameterOrJSON<never>[],
  );
  const all = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(all)];
  return all(row?.["QUERY PLAN"][0].Plan).filter(
    (plan): plan is Plan & { "Relation Name": string } => plan["Relation Name"] !== undefined,
  );
}

/** The rows that the statement reads from each table. */
async function rowsRead(ask: () => Promise<unknown>): Promise<Record<string, number>> {
  const read: Record<string, number> = {};
  for (const { "Relation Name": table, ...plan } of await scansOf(ask))
    read[table] = (read[table] ?? 0) + plan["Actual Rows"] * plan["Actual Loops"];
  return read;
}

test("a count and a series over a year read one row a day, however many events there are", async () => {
  const segments = coverRange(instantOf(START), instantOf(END));
  const starts = Array.from({ length: 12 }, (_, n) => START + n * 30 * DAY_MS);
  const months = coverRange(instantOf(START), instantOf(END), starts.slice(1));
  const count = () => countEvents(watched as Deps["sql"], segments, SCOPE);
  const series = () => countSeries(watched as Deps["sql"], months, SCOPE, starts, undefined);
  for (const perDay of [1, 20]) {
    await insert(perDay);
    await deps.sql`ANALYZE rollups`;
    expect(await rowsRead(count)).toEqual({ rollups_day: 365 });
    expect(await rowsRead(series)).toEqual({ rollups_day: 365 });
  }
});

test("a count over full days that are packed reads the index only", async () => {
  await insert(1);
  const steps = newSteps(deps.sql);
  await announcePacking(steps, END + DAY_MS / 2);
  await packOver(steps, 0, () => {});
  // Other clients, since a table of a few pages is read whole.
  await deps.sql`
    INSERT INTO packed_days
    SELECT 'other-' || n, day, event_type, count, latency_max_ms, quarters, totals, latency_bins, latency_counts, quarter_maxima,
           quarter_bins, quarter_counts FROM packed_days, generate_series(1, 20) AS n`;
  await deps.sql`VACUUM ANALYZE packed_days`;
  const segments = coverStored(instantOf(START), instantOf(END), [], END);
  const count = () => countEvents(watched as Deps["sql"], segments, SCOPE);
  const scans = (await scansOf(count)).filter((scan) => scan["Relation Name"] === "packed_days");
  expect(scans).toMatchObject([{ "Node Type": "Index Only Scan", "Heap Fetches": 0, "Actual Rows": 365 }]);
});
