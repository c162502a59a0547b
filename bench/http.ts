/** The ingest function over HTTP through serverless-offline, compared with an empty handler there and the plain design. */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { closeDeps, createDeps } from "../lib/app/connect.ts";
import { loadConfig } from "../lib/config/config.ts";
import { startEmulator } from "../local/emulator.ts";
import { killGroup } from "../local/process.ts";
import { freePort } from "../test/support/servers/ports.ts";
import { addKey, connect, createSchema } from "./baseline/schema.ts";
import { Bodies } from "./events.ts";
import { makeClient } from "./handler.ts";
import { type HttpClient, httpClient } from "./http-client.ts";
import { type Contender, closedLoop, interleave, type Measured, ratios, valuesOf } from "./measure.ts";
import type { Bench, Chart, Goal, Part, Section, Table } from "./part.ts";
import { formatMedian, median } from "./statistics.ts";

const CONCURRENCY = [1, 4, 16, 64, 256];
const BATCHES = [10, 100, 500];
/** From section 5 of the design. */
const AT = 16;
const SHARE_OF_EMPTY = 0.75;
const [EMPTY, WEIR, PLAIN] = ["empty handler", "Weir", "plain design"];
const NAMES = [EMPTY, WEIR, PLAIN];
const EMPTY_PROJECT = fileURLToPath(new URL("empty", import.meta.url));

const at = (name: string, concurrency: number): string => `${name}, ${concurrency} at a time`;
const batchOf = (events: number): string => `${WEIR}, requests of ${events}, ${AT} at a time`;

export const http: Part = {
  name: "http",
  run: async (bench) => {
    const environment = await bench.servers.environment("http", 4);
    const key = await prepare(environment);
    bench.say("starting two serverless-offline processes");
    // Without the event source: the worker would share the process that is measured.
    const [weir, empty] = await Promise.all([
      emulate(bench, environment),
      emulate(bench, environment, EMPTY_PROJECT),
    ]);
    const most = Math.max(...CONCURRENCY);
    const clients = { weir: httpClient(weir, key, most), empty: httpClient(empty, "plain-key", most) };
    const measured = await interleave(bench, contenders(clients));
    for (const client of Object.values(clients)) client.close();
    return toSection(measured);
  },
};

function toSection(measured: Measured): Section {
  const of = (name: string, quantity: string): number[] => valuesOf(measured, name, quantity);
  const byConcurrency = (caption: string, quantity: string): Table => ({
    caption,
    head: ["", ...CONCURRENCY.map(String)],
    rows: NAMES.map((name) => [name, ...CONCURRENCY.map((n) => formatMedian(of(at(name, n), quantity)))]),
  });
  return {
    title: "Over HTTP",
    text: [
      "Closed loops over HTTP with keep-alive, from a separate process, through serverless-offline, where all functions share one process. The empty handler runs in an unmodified serverless-offline of its own, without `local/emulator.cjs`, which for Weir's functions adds body checks and caches the search for a function's module.",
    ],
    tables: [
      byConcurrency("Requests per second, one event each, by concurrency:", "perSecond"),
      byConcurrency("p99 per request in milliseconds:", "p99Ms"),
      {
        caption: `Events per second in batches, ${AT} requests at a time:`,
        head: ["events per request", "events per second"],
        rows: BATCHES.map((events) => [String(events), formatMedian(of(batchOf(events), "perSecond"))]),
      },
    ],
    charts: [chart(measured)],
    goals: [goal(measured)],
    figures: Object.fromEntries(
      [...measured.keys()].map((name) => [name, { unit: "/s", values: of(name, "perSecond") }]),
    ),
  };
}

const chart = (measured: Measured): Chart => ({
  file: "http-throughput-by-concurrency",
  title: "Requests per second over HTTP by concurrency",
  x: "concurrent requests",
  y: "per second",
  log: ["x"],
  lines: NAMES.map((name) => ({
    name,
    points: CONCURRENCY.map((n) => [n, median(valuesOf(measured, at(name, n), "perSecond"))]),
  })),
});

function goal(measured: Measured): Goal {
  const share = ratios(measured, at(WEIR, AT), at(EMPTY, AT));
  const times = ratios(measured, at(WEIR, AT), at(PLAIN, AT));
  return {
    what: `the same over HTTP through serverless-offline, one event each, ${AT} at a time`,
    reach: `≥ ${SHARE_OF_EMPTY * 100} % of an empty handler there`,
    got: `${formatMedian(share, 100)} %; ${formatMedian(times)} times the plain design`,
    reached: median(share) >= SHARE_OF_EMPTY,
  };
}

/** @returns the secret of a key */
async function prepare(environment: Record<string, string>): Promise<string> {
  const sql = connect(environment.DATABASE_URL ?? "", 1);
  await createSchema(sql);
  await addKey(sql, "plain-key", "shop");
  await sql.end();
  const deps = createDeps(loadConfig(environment));
  try {
    return await makeClient(deps, "shop", ["ingest"]);
  } finally {
    await closeDeps(deps);
  }
}

/** @returns its URL */
async function emulate(
  { servers }: Bench,
  environment: Record<string, string>,
  project?: string,
): Promise<string> {
  const emulator = await startEmulator({
    httpPort: await freePort(),
    lambdaPort: await freePort(),
    dataDir: await mkdtemp(join(servers.folder, "emulator-")),
    environment: { ...process.env, ...environment, LOG_LEVEL: "WARN" },
    ...(project !== undefined && { project }),
  });
  servers.atEnd(async () => {
    await emulator.stop();
    killGroup(emulator.pid);
  });
  await emulator.ready;
  return emulator.url;
}

function contenders({ weir, empty }: { weir: HttpClient; empty: HttpClient }): Contender[] {
  const bodies = new Bodies();
  const post = async (client: HttpClient, path: string, body: string): Promise<void> => {
    const status = await client.post(path, body);
    if (status !== 202) throw new Error(`${path} answered ${status}.`);
  };
  const calls: [string, () => Promise<void>][] = [
    [EMPTY, () => post(empty, "/v1/events", bodies.one())],
    [WEIR, () => post(weir, "/v1/events", bodies.one())],
    [PLAIN, () => post(empty, "/plain/events", bodies.one())],
  ];
  return [
    ...calls.flatMap(([name, call]) =>
      CONCURRENCY.map((n) => ({ name: at(name, n), run: (seconds: number) => closedLoop(n, seconds, call) })),
    ),
    ...BATCHES.map((events) => ({
      name: batchOf(events),
      run: (seconds: number) =>
        closedLoop(AT, seconds, () => post(weir, "/v1/events", bodies.many(events)), events),
    })),
  ];
}
