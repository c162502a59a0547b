/** Controls: what the machine takes for less than any question does. They are measured in turn with the questions. */
import type { Deps } from "../../lib/app/connect.ts";
import { type Contender, closedLoop, type Measured, valuesOf } from "../measure.ts";
import type { Table } from "../part.ts";
import { formatMedian } from "../statistics.ts";

const ROUND_TRIP = "a round trip to PostgreSQL, SELECT 1";
const COMPUTED = "a statement that reads nothing, count(*) of generate_series(1, 20000)";
const SYNCED = "a write to Redis, which syncs its file before it replies";

export function controls({ sql, redis }: Pick<Deps, "sql" | "redis">): Contender[] {
  const calls: [string, () => Promise<unknown>][] = [
    [ROUND_TRIP, () => sql`SELECT 1`],
    [COMPUTED, () => sql`SELECT count(*) FROM generate_series(1, 20000)`],
    [SYNCED, () => redis.set("bench:control", 1)],
  ];
  return calls.map(([name, call]) => ({ name, run: (seconds) => closedLoop(1, seconds, call) }));
}

export const controlTable = (measured: Measured): Table => ({
  caption: "Controls, measured in turn with the questions above:",
  head: ["", "p50", "p99"],
  rows: [ROUND_TRIP, COMPUTED, SYNCED].map((name) => [
    name,
    ...["p50Ms", "p99Ms"].map((share) => formatMedian(valuesOf(measured, name, share))),
  ]),
});
