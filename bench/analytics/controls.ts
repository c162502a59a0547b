/** Controls: what the machine takes for less than any question does. They are measured in turn with the questions. */
import type { Deps } from "../../lib/app/connect.ts";
import { type Contender, type Measured, valuesOf } from "../measure.ts";
import type { Table } from "../part.ts";
import { formatMedian, quantile } from "../statistics.ts";

/** What the loop of arithmetic takes at its fastest, in milliseconds: about what PostgreSQL computes for a count. */
const LOOP_MS = 3;
/** Runs from which the length of the loop is computed. */
const TRIES = 50;

const LOOP = `arithmetic in one process, ${LOOP_MS} ms at its fastest`;
const ROUND_TRIP = "a round trip to PostgreSQL, SELECT 1";
const SYNCED = "a write to Redis, which syncs its file before it replies";

export function controls({ sql, redis }: Pick<Deps, "sql" | "redis">): Contender[] {
  const turns = turnsOf(LOOP_MS);
  const calls: [string, () => unknown][] = [
    [LOOP, () => compute(turns)],
    [ROUND_TRIP, () => sql`SELECT 1`],
    [SYNCED, () => redis.set("bench:control", 1)],
  ];
  return calls.map(([name, call]) => ({
    name,
    run: async (seconds) => {
      const times: number[] = [];
      for (const end = performance.now() + seconds * 1_000; performance.now() < end; ) {
        const start = performance.now();
        await call();
        times.push(performance.now() - start);
      }
      return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
    },
  }));
}

export const controlTable = (measured: Measured): Table => ({
  caption: "Controls, measured in turn with the questions above:",
  head: ["", "p50", "p99"],
  rows: [LOOP, ROUND_TRIP, SYNCED].map((name) => [
    name,
    ...["p50", "p99"].map((share) => formatMedian(valuesOf(measured, name, share))),
  ]),
});

/** A linear congruential generator, which needs neither memory nor other processes. */
function compute(turns: number): number {
  let value = 1;
  for (let turn = 0; turn < turns; turn++) value = (Math.imul(value, 1_103_515_245) + 12_345) | 0;
  return value;
}

/** The turns of `compute` that take so long at its fastest. */
function turnsOf(ms: number): number {
  const turns = 1_000_000;
  const times = Array.from({ length: TRIES }, () => {
    const start = performance.now();
    compute(turns);
    return performance.now() - start;
  });
  return Math.round((turns * ms) / Math.min(...times));
}
