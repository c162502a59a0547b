/** Questions over few and over many stored events, asked in turn. */
import * as contract from "../lib/contract/analytics.ts";
import type { Operation } from "../lib/contract/operation.ts";
import { closeDeps, type Deps } from "../lib/deps.ts";
import { hashSecret, newKeyId, newSecret, secretPrefix } from "../lib/ids.ts";
import { handlerOf } from "./handler.ts";
import { CLIENTS, loadEvents, TYPES } from "./load.ts";
import type { Section } from "./report.ts";
import type { Servers } from "./servers.ts";
import { formatMs, quantile } from "./statistics.ts";

const DAY_MS = 86_400_000;
/** All events lie within so many days before the run. */
const DAYS = 30;
const WARM_UP = 50;
const REPEATS = 3;
const PER_REPEAT = 200;
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"];
/** Of section 5 of the design: p99 of a question, and how much slower than over the least events. */
const P99_MS = 25;
const SLOWER = 2;

type Query = Record<string, string>;
interface Question {
  name: string;
  operation: Operation;
  query: () => Query;
}

const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] as T;

/** Anywhere, to the millisecond, so that nearly all have ragged edges. */
function range(now: number): Query {
  const [a, b] = [Math.random(), Math.random()].sort() as [number, number];
  const at = (share: number): string => new Date(now - DAYS * DAY_MS * (1 - share)).toISOString();
  return { start: at(a), end: at(b) };
}

const questions = (now: number): Question[] => [
  {
    name: "count, one client",
    operation: contract.countEvents,
    query: () => ({ ...range(now), client: pick(CLIENTS) }),
  },
  {
    name: "count, all clients, one type",
    operation: contract.countEvents,
    query: () => ({ ...range(now), event_type: pick(TYPES) }),
  },
  {
    name: "group by type",
    operation: contract.groupEvents,
    query: () => ({ ...range(now), by: "event_type", client: pick(CLIENTS) }),
  },
  {
    name: "group by client and type",
    operation: contract.groupEvents,
    query: () => ({ ...range(now), by: "client,event_type" }),
  },
  {
    name: "series by day",
    operation: contract.getSeries,
    query: () => ({ ...range(now), interval: "day", tz: pick(ZONES), client: pick(CLIENTS) }),
  },
  {
    name: "series by hour and type",
    operation: contract.getSeries,
    query: () => ({
      ...range(now),
      interval: "hour",
      tz: pick(ZONES),
      client: pick(CLIENTS),
      by: "event_type",
    }),
  },
  {
    name: "latency",
    operation: contract.getLatency,
    query: () => ({ ...range(now), client: pick(CLIENTS) }),
  },
];

interface Loaded {
  events: number;
  deps: Deps;
  ask: (operation: Operation, query: Query) => Promise<unknown>;
  loadedInS: number;
}

/** @param sizes numbers of stored events, the least first */
export async function benchAnalytics(servers: Servers, sizes: readonly number[]): Promise<Section> {
  const now = Date.now();
  const loaded: Loaded[] = [];
  for (const events of sizes) loaded.push(await load(servers, events, now));
  const rows: string[][] = [];
  const samples: object[] = [];
  for (const question of questions(now)) {
    const times = await measure(question, loaded);
    const p99 = times.map((all) => quantile(all, 0.99));
    const ratio = (p99.at(-1) ?? 0) / (p99[0] ?? 1);
    const reached = (p99.at(-1) ?? 0) <= P99_MS && ratio <= SLOWER;
    rows.push([
      question.name,
      ...times.flatMap((all) => [formatMs(quantile(all, 0.5)), formatMs(quantile(all, 0.99))]),
      ratio.toFixed(2),
      reached ? "yes" : "no",
    ]);
    samples.push({ question: question.name, sizes, p50: times.map((all) => quantile(all, 0.5)), p99 });
    console.error(rows.at(-1)?.join("  "));
  }
  const names = sizes.map((size) => size.toLocaleString("en"));
  const tables = await sizeTable(loaded);
  await Promise.all(loaded.map(({ deps }) => closeDeps(deps)));
  return {
    title: "Analytics",
    text: [
      `${DAYS} days, ${CLIENTS.length} clients, ${TYPES.length} types, one question at a time through the function's handler (key check, freshness and audit row included), ranges at random to the millisecond; ${REPEATS} × ${PER_REPEAT} questions of each kind and size, in turn. Milliseconds. Reached: p99 ≤ ${P99_MS} ms, and ≤ ${SLOWER} times that over ${names[0]}.`,
      `Loading ${names.at(-1)} events by the worker's own statement, 2 workers, batches of 5,000: ${Math.round(loaded.at(-1)?.loadedInS ?? 0)} s.`,
    ],
    tables: [
      {
        head: ["question", ...names.flatMap((name) => [`${name}: p50`, "p99"]), "p99 ratio", "reached"],
        rows,
      },
      tables,
    ],
    data: { questions: samples },
  };
}

async function load(servers: Servers, events: number, now: number): Promise<Loaded> {
  const deps = await servers.deps(`analytics_${events}`, 4);
  const start = performance.now();
  await loadEvents(deps, events, now - DAYS * DAY_MS, now);
  const loadedInS = (performance.now() - start) / 1_000;
  const secret = await makeAdmin(deps);
  return { events, deps, ask: handlerOf(deps, secret), loadedInS };
}

async function makeAdmin({ sql }: Deps): Promise<string> {
  const secret = newSecret("boss");
  await sql`INSERT INTO clients (client_id, name, rate_limit_per_second, burst) VALUES ('boss', 'boss', 1000, 1000)`;
  await sql`INSERT INTO api_keys (key_id, client_id, hash, prefix, scopes)
            VALUES (${newKeyId()}, 'boss', ${hashSecret(secret)}, ${secretPrefix(secret)}, ${["admin"]})`;
  return secret;
}

/** @returns milliseconds of each question, by size */
async function measure({ operation, query }: Question, loaded: readonly Loaded[]): Promise<number[][]> {
  const times = loaded.map((): number[] => []);
  for (let n = 0; n < WARM_UP; n++) for (const { ask } of loaded) await ask(operation, query());
  for (let repeat = 0; repeat < REPEATS; repeat++)
    for (let n = 0; n < PER_REPEAT; n++) {
      const asked = query();
      for (const [index, { ask }] of loaded.entries()) {
        const start = performance.now();
        await ask(operation, asked);
        times[index]?.push(performance.now() - start);
      }
    }
  return times;
}

async function sizeTable(loaded: readonly Loaded[]): Promise<Section["tables"][number]> {
  const rows: string[][] = [];
  for (const { deps, events } of loaded) {
    const tables = await deps.sql<{ name: string; table: number; index: number }[]>`
      SELECT name, sum(pg_table_size(relid))::float8 AS table, sum(pg_indexes_size(relid))::float8 AS index
        FROM (SELECT relid, CASE WHEN relname LIKE 'events\\_%' THEN 'events' ELSE relname END AS name
                FROM pg_stat_user_tables) AS t
       WHERE name IN ('events', 'event_ledger', 'event_rollups') GROUP BY 1 ORDER BY 1`;
    for (const { name, table, index } of tables)
      rows.push([
        events.toLocaleString("en"),
        name,
        (table / events).toFixed(1),
        (index / events).toFixed(1),
      ]);
  }
  return { head: ["events", "table", "bytes an event", "index bytes an event"], rows };
}
