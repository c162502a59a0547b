/** Queries over few and over many stored events, measured in turn. */

import * as contract from "../../lib/analytics/contract.ts";
import { DAY_MS } from "../../lib/base/time.ts";
import { listEvents } from "../../lib/events/contract.ts";
import type { Operation } from "../../lib/http/operation.ts";
import { handlerOf, makeClient } from "../handler.ts";
import { CLIENTS, RARE, SPREADS, type Spread, TYPES } from "../load.ts";
import { type Contender, interleave, type Measured, type Sample, valuesOf } from "../measure.ts";
import { pagesRead } from "../pages.ts";
import type { Bench, Chart, Figure, Goal, Part, Section, Table } from "../part.ts";
import { type Random, randomFrom } from "../random.ts";
import { DAYS, type Stored } from "../servers.ts";
import { format, formatMedian, median, quantile } from "../statistics.ts";

const WHY = {
  "series by day":
    "a day in a zone is read from the rows of its hours, 24 for each type and slot, and from quarter hours at its ends if the zone's offset is not a full hour. With ten million events, two workers filled two slots; with 100,000, where a batch spans a day or more, mostly one. Not tried yet: a UTC day minus some hours plus others, seven rows instead of 24, and merging the slots of past hours (docs/decisions/0022).",
  "series by hour and type":
    "a series by hour and type over a month sums 14,000 rows of a client, one for each hour, type and slot, and in zones at :30 and :45 (a quarter of the queries) up to 58,000 rows of a quarter of an hour; PostgreSQL takes about 1 µs per row. The response has up to 7,200 counts. What was done and tried: docs/decisions/0022.",
} as const;
/** Queries of each kind in a repeat, per second of its length. */
const A_SECOND = 140;
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"];
/** From section 5 of the design: p99 of a query, and its ratio to the smallest number of events. */
const P99_MS = 25;
const SLOWER = 2;

type Query = Record<string, string>;
interface Question {
  name: string;
  operation: Operation;
  query: (random: Random) => Query;
}

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

/** Random to the millisecond, so that nearly all ranges have ragged edges. */
function range(random: Random, now: number): Query {
  const [a, b] = [random(), random()].sort() as [number, number];
  const at = (share: number): string => new Date(now - DAYS * DAY_MS * (1 - share)).toISOString();
  return { start: at(a), end: at(b) };
}

const questions = (now: number): Question[] => [
  {
    name: "count, one client",
    operation: contract.countEvents,
    query: (random) => ({ ...range(random, now), client: pick(random, CLIENTS) }),
  },
  {
    name: "count, all clients, one type",
    operation: contract.countEvents,
    query: (random) => ({ ...range(random, now), event_type: pick(random, TYPES) }),
  },
  {
    name: "group by type",
    operation: contract.groupEvents,
    query: (random) => ({ ...range(random, now), by: "event_type", client: pick(random, CLIENTS) }),
  },
  {
    name: "group by client and type",
    operation: contract.groupEvents,
    query: (random) => ({ ...range(random, now), by: "client,event_type" }),
  },
  {
    name: "series by day",
    operation: contract.getSeries,
    query: (random) => ({
      ...range(random, now),
      interval: "day",
      tz: pick(random, ZONES),
      client: pick(random, CLIENTS),
    }),
  },
  {
    name: "series by hour and type",
    operation: contract.getSeries,
    query: (random) => ({
      ...range(random, now),
      interval: "hour",
      tz: pick(random, ZONES),
      client: pick(random, CLIENTS),
      by: "event_type",
    }),
  },
  {
    name: "latency",
    operation: contract.getLatency,
    query: (random) => ({ ...range(random, now), client: pick(random, CLIENTS) }),
  },
  {
    name: "list, one client",
    operation: listEvents,
    query: (random) => ({ end: range(random, now).end ?? "", client: pick(random, CLIENTS), limit: "20" }),
  },
  {
    name: "list, one client, a rare type",
    operation: listEvents,
    query: (random) => ({ client: pick(random, CLIENTS), event_type: RARE, limit: "20" }),
  },
  {
    name: "list, all clients",
    operation: listEvents,
    query: () => ({ limit: "20" }),
  },
];

/** With many clients and types, what is asked of each is sparse. */
const sparseQuestions = (now: number, { clients, types }: Spread): Question[] => [
  {
    name: "count, one client",
    operation: contract.countEvents,
    query: (random) => ({ ...range(random, now), client: pick(random, clients) }),
  },
  {
    name: "count, one client, one type",
    operation: contract.countEvents,
    query: (random) => ({
      ...range(random, now),
      client: pick(random, clients),
      event_type: pick(random, types),
    }),
  },
  {
    name: "series by day, one client",
    operation: contract.getSeries,
    query: (random) => ({
      ...range(random, now),
      interval: "day",
      tz: pick(random, ZONES),
      client: pick(random, clients),
    }),
  },
  {
    name: "list, one client",
    operation: listEvents,
    query: (random) => ({ client: pick(random, clients), limit: "20" }),
  },
  {
    name: "list, all clients",
    operation: listEvents,
    query: () => ({ limit: "20" }),
  },
];

interface Loaded extends Stored {
  ask: (operation: Operation, query: Query) => Promise<unknown>;
}

export const analytics: Part = {
  name: "analytics",
  run: async (bench) => {
    const loaded: Loaded[] = [];
    for (const events of bench.scale.stored) loaded.push(await open(await bench.servers.stored(events)));
    const asked = loaded.flatMap((one) => questions(one.until).map((question) => contender(one, question)));
    const section = await toSection(await interleave(bench, asked), loaded);
    return { ...section, tables: [...section.tables, await sparseTable(bench)] };
  },
};

/** Many clients and types. */
async function sparseTable(bench: Bench): Promise<Table> {
  const one = await open(await bench.servers.stored(bench.scale.manyKinds, { spread: "many" }));
  const { clients, types } = SPREADS.many;
  const asked = sparseQuestions(one.until, SPREADS.many);
  const measured = await interleave(
    bench,
    asked.map((question) => contender(one, question)),
  );
  return {
    caption: `${format(clients.length)} clients and ${format(types.length)} types, ${format(one.events)} events stored in ${Math.round(one.loadedInS)} s:`,
    head: ["", "p50", "p99", "pages"],
    rows: asked.map(({ name }) => [
      name,
      ...["p50", "p99", "pages"].map((quantity) =>
        formatMedian(valuesOf(measured, nameOf(name, one.events), quantity)),
      ),
    ]),
  };
}

async function open(stored: Stored): Promise<Loaded> {
  return { ...stored, ask: handlerOf(stored.deps, await makeClient(stored.deps, "boss", ["admin"])) };
}

const nameOf = (question: string, events: number): string => `${question}, ${format(events)} stored`;

function contender({ ask, events, deps }: Loaded, { name, operation, query }: Question): Contender {
  let round = 0;
  return {
    name: nameOf(name, events),
    run: async (seconds): Promise<Sample> => {
      const random = randomFrom(round++);
      const times: number[] = [];
      const before = await pagesRead(deps);
      for (let left = Math.ceil(seconds * A_SECOND); left > 0; left--) {
        const asked = query(random);
        const start = performance.now();
        await ask(operation, asked);
        times.push(performance.now() - start);
      }
      const pages = ((await pagesRead(deps)) - before) / times.length;
      return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), pages };
    },
  };
}

async function toSection(measured: Measured, loaded: readonly Loaded[]): Promise<Section> {
  const sizes = loaded.map(({ events }) => events);
  const names = questions(0).map(({ name }) => name);
  const most = loaded.at(-1);
  const bytes = await bytesOf(loaded);
  return {
    title: "Analytics",
    text: [
      `${DAYS} days, ${CLIENTS.length} clients, ${TYPES.length} types, one query at a time through the function's handler (including key check, freshness and audit row), random ranges to the millisecond; lists of 20 events. Times in milliseconds; pages are the mean number of pages that PostgreSQL reads for a query, with those of the catalog and of the audit.`,
      `Loading ${format(most?.events ?? 0)} events with the worker's own statement, 2 workers, batches of 5,000, took ${Math.round(most?.loadedInS ?? 0)} s.`,
    ],
    tables: [
      {
        head: ["events stored", ...sizes.flatMap((size) => [`${format(size)}: p50`, "p99", "pages"])],
        rows: names.map((name) => [
          name,
          ...sizes.flatMap((size) =>
            ["p50", "p99", "pages"].map((share) =>
              formatMedian(valuesOf(measured, nameOf(name, size), share)),
            ),
          ),
        ]),
      },
      bytes,
    ],
    charts: [chart(measured, names, sizes)],
    goals: names.map((name) => goal(measured, name, sizes)),
    figures: Object.fromEntries(
      [...measured.keys()].flatMap((name) =>
        ["p50", "p99"].map((share): [string, Figure] => [
          `${name}: ${share}`,
          { unit: "ms", values: valuesOf(measured, name, share) },
        ]),
      ),
    ),
  };
}

function goal(measured: Measured, name: string, sizes: readonly number[]): Goal {
  const [few, many] = [sizes[0] ?? 0, sizes.at(-1) ?? 0].map((size) =>
    valuesOf(measured, nameOf(name, size), "p99"),
  ) as [number[], number[]];
  const slower = many.map((ms, repeat) => ms / (few[repeat] ?? Number.NaN));
  return {
    what: `${name}, over ${format(sizes.at(-1) ?? 0)} events`,
    reach: `p99 ≤ ${P99_MS} ms, ≤ ${SLOWER} times that over ${format(sizes[0] ?? 0)}`,
    got: `${formatMedian(many)} ms, ${formatMedian(slower)} times`,
    reached: median(many) <= P99_MS && median(slower) <= SLOWER,
    ...(name in WHY && { why: WHY[name as keyof typeof WHY] }),
  };
}

const chart = (measured: Measured, names: readonly string[], sizes: readonly number[]): Chart => ({
  file: "cost-by-stored-events",
  title: "p99 of a query by stored events",
  x: "events stored",
  y: "milliseconds",
  log: ["x", "y"],
  lines: names.map((name) => ({
    name,
    points: sizes.map((size) => [size, median(valuesOf(measured, nameOf(name, size), "p99"))]),
  })),
});

async function bytesOf(loaded: readonly Loaded[]): Promise<Table> {
  const rows: string[][] = [];
  for (const { deps, events } of loaded) {
    const tables = await deps.sql<{ name: string; table: number; index: number }[]>`
      SELECT name, sum(pg_table_size(relid))::float8 AS table, sum(pg_indexes_size(relid))::float8 AS index
        FROM (SELECT relid, CASE WHEN relname LIKE 'events\\_%' THEN 'events' WHEN relname LIKE 'rollups\\_%' THEN 'rollups'
                                ELSE relname END AS name
                FROM pg_stat_user_tables) AS t
       WHERE name IN ('events', 'event_ledger', 'rollups') GROUP BY 1 ORDER BY 1`;
    for (const { name, table, index } of tables)
      rows.push([format(events), name, format(table / events), format(index / events)]);
  }
  return {
    caption: "Bytes per event:",
    head: ["events stored", "table", "table bytes", "index bytes"],
    rows,
  };
}
