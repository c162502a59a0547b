/** The tables of docs/scale.md, made from bench/results.json alone. */

import { readFile, writeFile } from "node:fs/promises";
import { type Times, timesOf } from "../parts/cost.ts";
import type { Results } from "../report.ts";
import { randomWalBytes, type Senders } from "./arithmetic.ts";
import { ceilings } from "./ceilings.ts";
import { measuresOf } from "./figures.ts";
import { growth } from "./growth.ts";
import { LIMITS } from "./limits.ts";
import { type Inputs, type Projection, project, type Settings } from "./project.ts";
import { readSettings } from "./settings.ts";
import { WORKLOADS, type WorkloadName } from "./workloads.ts";

export const PAGE_FILE = new URL("../../docs/scale.md", import.meta.url);

/** Workloads that are projected; `random` differs from `few` in its ids only. */
const PROJECTED = ["few", "many", "sparse", "single"] as const satisfies WorkloadName[];
export const RATES = [1_000, 100_000] as const;
/** Events per second that a client of the workloads `few` and `single` sends. One client is in one shard of Redis. */
const CLIENT_RATE = 1_000;

/** Three significant digits, and at least all of the integer part's. */
const brief = (value: number): string =>
  value >= 1_000
    ? Math.round(Number(value.toPrecision(3))).toLocaleString("en")
    : value.toLocaleString("en", { maximumSignificantDigits: 3 });

function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(value) / 3)));
  return `${brief(value / 1_000 ** power)} ${units[power]}`;
}

const duration = (seconds: number): string =>
  seconds >= 2 * 3_600
    ? `${brief(seconds / 3_600)} h`
    : seconds >= 120
      ? `${brief(seconds / 60)} min`
      : `${brief(seconds)} s`;

const dollars = (value: number | undefined, otherwise: string): string =>
  value === undefined ? otherwise : `$${brief(value)}`;

function total(of: Projection["dollars"]): string {
  const known = Object.values(of).filter((value) => value !== undefined);
  const sum = dollars(
    known.reduce((all, value) => all + value, 0),
    "",
  );
  return known.length < Object.keys(of).length ? `more than ${sum}` : `**${sum}**`;
}

function sendersOf(workload: WorkloadName, eventsPerSecond: number): Senders {
  const { clients, types, perRequest } = WORKLOADS[workload];
  const several = Math.max(clients, clients === 1 ? Math.ceil(eventsPerSecond / CLIENT_RATE) : clients);
  return { eventsPerSecond, clients: several, types, perRequest };
}

const SENT: Record<(typeof PROJECTED)[number], string> = {
  few: "requests of 100",
  many: "1,000 clients × 20 types, requests of 20",
  sparse: "20,000 clients × 51 types, requests of 10",
  single: "requests of 1",
};

/** Rows of the table of needs, in groups. */
const NEEDS: readonly [name: string, cell: (projection: Projection) => string][] = [
  ["**PostgreSQL after a year**", ({ yearBytes }) => `**${bytes(yearBytes)}**`],
  ["events", (p) => bytes(p.bytes.events)],
  ["index of events by client and time", (p) => bytes(p.bytes["index of events by client and time"])],
  ["index of events by type", (p) => bytes(p.bytes["index by type"])],
  ["ledger, table", (p) => bytes(p.bytes.ledger)],
  ["ledger, unique index", (p) => `${bytes(p.bytes["its unique index"])}, ${p.ledgerLevels} levels`],
  ["packed days", (p) => bytes(p.bytes["packed days"])],
  ["rollups of two days", (p) => `${bytes(p.bytes.rollups)}, ${brief(p.rollupRowsPerEvent)} rows an event`],
  ["feed", (p) => bytes(p.bytes.feed)],
  ["receipts and audit trail", (p) => bytes(p.bytes.receipts + p.bytes.audit)],
  ["most, before the first week is deleted", (p) => `${bytes(p.peakBytes)}, day ${p.peakDays}`],
  ["a week's partition of events", (p) => bytes(p.weekBytes)],
  ["WAL a day", (p) => bytes(p.walBytesPerDay)],
  ["4 GB of WAL fill in", (p) => duration(p.checkpointS)],
  [
    "transaction ids a year; vacuums against wraparound",
    (p) => `${brief(p.transactionsPerYear / 1e6)} million; ${p.freezesPerYear}`,
  ],
  ["cores of PostgreSQL", (p) => brief(p.postgresCores)],
  ["one core builds a week's index by type in", (p) => duration(p.typeIndexS)],
  ["one core deletes a day's events in", (p) => duration(p.deletionS)],
  [
    "**Lambda**, instances of ingest, of the worker",
    (p) => `${brief(p.ingestInstances)}, ${brief(p.workerInstances)}`,
  ],
  [
    "connections, with all readers",
    (p) => `${brief(p.connections)}${p.faults.length > 0 ? " (too many)" : ""}`,
  ],
  ["**Redis**, seen ids", (p) => bytes(p.redisSeenBytes)],
  ["`QUEUE=redis`: cores", (p) => brief(p.redisCores)],
  ["`QUEUE=redis`: full after PostgreSQL is gone for", (p) => duration(p.outageS)],
  ["**$ a month**: API, Lambda, logs, SQS", (p) => dollars(p.dollars.functions, "")],
  ["two instances of PostgreSQL", (p) => dollars(p.dollars.database, "more than 2 cores: no price here")],
  ["their storage after a year", (p) => dollars(p.dollars.storage, "more than RDS stores")],
  ["Valkey, nodes in pairs", (p) => `${dollars(p.dollars.redis, "")}, ${p.redisNodes} × 2`],
  ["**sum of what has a price**", ({ dollars: of }) => total(of)],
];

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly string[][]): string =>
  [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");

/** What the tables are made of. */
export interface Source {
  results: Results;
  times: Times;
  settings: Settings;
}

export const sourceOf = (results: Results): Source => ({
  results,
  times: timesOf({ found: (part) => results[part] }),
  settings: readSettings(),
});

const inputsOf = ({ results, ...rest }: Source, workload: WorkloadName, rate: number): Inputs => ({
  senders: sendersOf(workload, rate),
  measures: measuresOf(results, workload),
  ...rest,
});

function needs(source: Source, rate: number): string {
  const projections = PROJECTED.map((workload) => project(inputsOf(source, workload, rate)));
  return table(
    ["", ...PROJECTED.map((workload) => SENT[workload])],
    NEEDS.map(([name, cell]) => [name, ...projections.map(cell)]),
  );
}

function first(source: Source): string {
  const [few, single] = (["few", "single"] as const).map((workload) =>
    ceilings(inputsOf(source, workload, CLIENT_RATE), brief),
  );
  const rows = (few ?? [])
    .map((ceiling, n) => ({ ...ceiling, single: single?.[n] }))
    .toSorted((a, b) => a.eventsPerSecond - b.eventsPerSecond);
  return table(
    ["gives at", "requests of 1: at", "what", "the figure", "next, in Weir", "engine that takes over"],
    rows.map(({ what, figure, eventsPerSecond, next, engine, single }) => [
      `${brief(eventsPerSecond)}/s`,
      single ? `${brief(single.eventsPerSecond)}/s` : "",
      what,
      figure,
      next,
      engine,
    ]),
  );
}

/**
 * WAL bytes of an event with a random id without full pages of the index, and of one such page: the line through the measured steps,
 * which have the more full pages, the more pages the index has.
 */
export function randomPages(results: Results): { base: number; page: number } {
  const valuesOf = (name: string): number[] => results.scale?.figures[`random: ${name}`]?.values ?? [];
  const { intercept, slope } = growth(valuesOf("fullPages"), valuesOf("wal"));
  return { base: intercept, page: slope };
}

/** WAL of random ids, with the ledger's index of a year. */
function randomIds({ results }: Source): string {
  const random = measuresOf(results, "random");
  const ordered = measuresOf(results, "few").walBytes;
  const { base, page } = randomPages(results);
  const indexBytes = random.bytes["its unique index"];
  const rows = RATES.map((rate) => {
    const indexed = indexBytes * rate * 365 * 86_400;
    const wal = randomWalBytes({
      base,
      page,
      pages: indexed / 8_192,
      eventsPerSecond: rate,
      maxWal: LIMITS.maxWalBytes,
      timeoutS: LIMITS.checkpointTimeoutS,
    });
    return [
      `${brief(rate)}/s`,
      bytes(indexed),
      `${brief(ordered)} → ${brief(wal)}`,
      `${bytes(ordered * rate * 86_400)} → ${bytes(wal * rate * 86_400)}`,
      `${brief(rate)}`,
    ];
  });
  return table(
    [
      "events",
      "ledger's index after a year",
      "WAL bytes an event: version 7 → random",
      "WAL a day",
      "pages of the index read a second, if it is not in memory",
    ],
    rows,
  );
}

/** The generated parts of the page, by the name in their markers. */
export function generated(source: Source): Record<string, string> {
  return {
    "1,000/s": needs(source, 1_000),
    "100,000/s": needs(source, 100_000),
    first: first(source),
    random: randomIds(source),
  };
}

/** Puts the parts between their markers. @throws if the page lacks one */
export function fillPage(page: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [name, part]) => {
    const [begin, end] = [`<!-- made by \`npm run docs:scale\`: ${name} -->`, "<!-- end -->"];
    const at = text.indexOf(begin);
    const until = text.indexOf(end, at);
    if (at < 0 || until < 0) throw new Error(`docs/scale.md has no markers for ${name}.`);
    return `${text.slice(0, at + begin.length)}\n\n${part}\n\n${text.slice(until)}`;
  }, page);
}

/** Writes the generated parts of docs/scale.md. @throws if the parts scale, ingest and worker have not all been measured */
export async function writePage(results: Results): Promise<void> {
  const page = await readFile(PAGE_FILE, "utf8");
  await writeFile(PAGE_FILE, fillPage(page, generated(sourceOf(results))));
}
