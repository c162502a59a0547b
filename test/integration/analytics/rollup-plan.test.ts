import postgres from "postgres";
import { expect, test } from "vitest";
import { coverRange } from "../../../lib/analytics/range.ts";
import { countEvents, countSeries } from "../../../lib/analytics/sql/sum-events.ts";
import type { Deps } from "../../../lib/app/connect.ts";
import { DAY_MS, instantOf } from "../../../lib/base/time.ts";
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
  "Relation Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  Plans?: Plan[];
}

/** Runs the statement again and returns the rows that it reads from each table. */
async function rowsRead(ask: () => Promise<unknown>): Promise<Record<string, number>> {
  await ask();
  const { text, values } = last;
  const [row] = await deps.sql.unsafe(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
    values as postgres.ParameterOrJSON<never>[],
  );
  const read: Record<string, number> = {};
  const walk = (plan: Plan): void => {
    const table = plan["Relation Name"];
    if (table !== undefined) read[table] = (read[table] ?? 0) + plan["Actual Rows"] * plan["Actual Loops"];
    plan.Plans?.forEach(walk);
  };
  walk(row?.["QUERY PLAN"][0].Plan);
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
