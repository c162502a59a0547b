/** One-event requests over HTTP through `serve`, compared with a bare node:http server and with the plain design. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { createDeps, type Deps } from "../../lib/app/connect.ts";
import { loadConfig } from "../../lib/config/config.ts";
import { endProcess } from "../../local/process.ts";
import { freePort } from "../../test/support/servers/ports.ts";
import { QUEUE } from "../baseline/api.ts";
import { addKey, connect, createSchema } from "../baseline/schema.ts";
import { Bodies } from "../events.ts";
import { makeClient } from "../handler.ts";
import { type HttpClient, httpClient } from "../http-client.ts";
import {
  type Contender,
  closedLoop,
  interleave,
  type Measured,
  ratios,
  type Sample,
  valuesOf,
  withProcessor,
} from "../measure.ts";
import type { Bench, Chart, Goal, Part, Section, Table } from "../part.ts";
import { formatMedian, median, pointOf } from "../statistics.ts";

const CONCURRENCY = [1, 16, 256];
const AT = 16;
const [ECHO, WEIR, STORING, PLAIN] = ["bare node:http", "Weir", "Weir, all stored meanwhile", "plain design"];
const NAMES = [ECHO, WEIR, STORING, PLAIN];
const BATCHES = [100, 500];
const WHY_SHARE =
  "the process for HTTP is the limit. Its profile is flat: writing to two sockets 12 %, node:http about 15 %, garbage 3 %, everything else below 2 % each (JSON, digests, the middlewares, the command to Redis). Redis takes another 30 % of a processor beside it, with the load generator on the two that there are. What was tried: docs/decisions/0034 and 0035.";
const WHY_TIMES =
  "a request of the plain design is a lookup, two inserts, a push and a pop, without a limit, a receipt, a seal or a check of duplicates before the queue. Weir takes a little more than half of its processor time, and on two processors no more than that can be gained: 25 times the rate would need requests that cost less than the bare server's.";
/** From issue 13. */
const SHARE_OF_ECHO = 0.4;
const SHARE_STORING = 0.25;
const TIMES_PLAIN = 25;

const SERVE = fileURLToPath(new URL("../../serve/main.ts", import.meta.url));
const BASELINE = fileURLToPath(new URL("../baseline/server.ts", import.meta.url));

const at = (name: string, concurrency: number): string => `${name}, ${concurrency} at a time`;
const batchOf = (events: number): string => `${WEIR}, requests of ${events}, ${AT} at a time`;

export const http: Part = {
  name: "http",
  run: async (bench) => {
    bench.say("starting the servers");
    const [echo, weir, storing, plain] = await Promise.all([
      startBaseline(bench, "echo"),
      startWeir(bench, "api"),
      startWeir(bench, "all"),
      startBaseline(bench, "plain"),
    ]);
    return toSection(await interleave(bench, contenders(bench, { echo, weir, storing, plain })));
  },
};

interface Running {
  client: HttpClient;
  pids: number[];
  /** Messages in its queue, which a repeat's time includes the storing of; undefined if nothing stores them. */
  waiting?: () => Promise<number>;
}

interface Weir extends Running {
  deps: Deps;
}

/** Starts a program, which ends with the bench. */
function startProgram({ servers }: Bench, words: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, words, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${words.join(" ")} could not be started.`);
  servers.atEnd(() => endProcess(pid, "SIGTERM", 10_000, "SIGKILL"));
  return { child, pid };
}

async function startWeir(bench: Bench, serve: "api" | "all"): Promise<Weir> {
  const environment = await bench.servers.environment(`http_${serve}`, 10);
  const deps = createDeps(loadConfig(environment));
  bench.servers.atEnd(async () => {
    await deps.queue.close();
    await deps.sql.end({ timeout: 1 });
    deps.redis.disconnect();
  });
  const key = await makeClient(deps, "shop", ["ingest"]);
  const { DATABASE_POOL_SIZE: _size, ...rest } = environment;
  const port = String(await freePort());
  const env = { ...rest, SERVE: serve, HTTP_PORT: port, MIGRATE: "false", LOG_LEVEL: "INFO" };
  const { child, pid } = startProgram(bench, [SERVE], { ...env, SHUTDOWN_GRACE_SECONDS: "0" });
  await new Promise<void>((resolve) =>
    child.stdout.on("data", (chunk) => {
      if (String(chunk).includes('"ready"')) resolve();
    }),
  );
  const waiting = async (): Promise<number> => (await deps.queue.depth()).messages;
  return { client: clientOf(bench, port, key), pids: [pid], deps, ...(serve === "all" && { waiting }) };
}

async function startBaseline(bench: Bench, kind: "echo" | "plain"): Promise<Running> {
  const environment = await bench.servers.environment(`http_${kind}`, 1);
  const { child, pid } = startProgram(bench, [BASELINE, kind], environment);
  const [port] = await once(child.stdout, "data");
  const client = clientOf(bench, String(port).trim(), "plain-key");
  if (kind === "echo") return { client, pids: [pid] };
  const sql = connect(environment.DATABASE_URL ?? "", 1);
  await createSchema(sql);
  await addKey(sql, "plain-key", "shop");
  await sql.end();
  const worker = startProgram(bench, [BASELINE, "worker"], environment);
  const redis = new Redis(environment.REDIS_URL ?? "");
  bench.servers.atEnd(async () => redis.disconnect());
  return { client, pids: [pid, worker.pid], waiting: () => redis.llen(QUEUE) };
}

function clientOf({ servers }: Bench, port: string, key: string): HttpClient {
  const client = httpClient(`http://127.0.0.1:${port}`, key, Math.max(...CONCURRENCY));
  servers.atEnd(async () => client.close());
  return client;
}

function contenders(
  bench: Bench,
  { echo, weir, storing, plain }: { echo: Running; weir: Weir; storing: Weir; plain: Running },
): Contender[] {
  const bodies = new Bodies();
  const post = async ({ client }: Running, body: string): Promise<void> => {
    const status = await client.post("/v1/events", body);
    if (status !== 202) throw new Error(`The server answered ${status}.`);
  };
  const runOf =
    (server: Running, concurrency: number, events = 1) =>
    async (seconds: number): Promise<Sample> => {
      const body = events === 1 ? () => bodies.one() : () => bodies.many(events);
      const { waiting } = server;
      const loop = () => closedLoop(concurrency, seconds, () => post(server, body()), events);
      const loopAndStore = async (): Promise<Sample> => {
        const begun = performance.now();
        const sample = await loop();
        // The time until everything is stored counts, so that a growing queue is no gain.
        while (waiting && (await waiting()) > 0) await sleep(5);
        return { ...sample, perSecond: (sample.count ?? 0) / ((performance.now() - begun) / 1_000) };
      };
      return withProcessor(waiting ? loopAndStore : loop, [...server.pids, ...bench.servers.pids]);
    };
  const servers: [string, Running][] = [
    [ECHO, echo],
    [WEIR, weir],
    [STORING, storing],
    [PLAIN, plain],
  ];
  const fresh = (name: string, run: Contender["run"]): Contender => ({
    name,
    run: async (seconds) => {
      // Nothing reads the queue of the server without workers.
      await weir.deps.redis.del(weir.deps.shards.first.queue);
      return run(seconds);
    },
  });
  return [
    ...servers.flatMap(([name, server]) => CONCURRENCY.map((n) => fresh(at(name, n), runOf(server, n)))),
    ...BATCHES.map((events) => fresh(batchOf(events), runOf(weir, AT, events))),
  ];
}

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
      "Closed loops over HTTP with kept connections. Each server has one process for HTTP; the load generator is another one. The bare server reads the body and sends it back. “All stored meanwhile” has a background process beside it, and its rate counts the time until the queue is empty. So does that of the plain design, which runs behind the bare server, with two workers in a process of their own. Processor time is that of the server's processes, Redis and PostgreSQL, without the load generator.",
    ],
    tables: [
      byConcurrency("Requests per second, one event each, by concurrency:", "perSecond"),
      byConcurrency("Processor time per request in microseconds:", "processorUs"),
      byConcurrency("p99 per request in milliseconds:", "p99Ms"),
      {
        caption: `Events per second in batches, ${AT} requests at a time, workers stopped:`,
        head: ["events per request", "events per second", "processor time per event in µs"],
        rows: BATCHES.map((events) => [
          String(events),
          formatMedian(of(batchOf(events), "perSecond")),
          formatMedian(of(batchOf(events), "processorUs")),
        ]),
      },
    ],
    charts: [chart(measured)],
    goals: goals(measured),
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
    points: CONCURRENCY.map((n) => pointOf(n, valuesOf(measured, at(name, n), "perSecond"))),
  })),
});

function goals(measured: Measured): Goal[] {
  const share = ratios(measured, at(WEIR, AT), at(ECHO, AT));
  const storing = [AT, 256].map((n): Goal => {
    const ofEcho = ratios(measured, at(STORING, n), at(ECHO, n));
    const ofPlain = ratios(measured, at(STORING, n), at(PLAIN, n));
    return {
      what: `the same with the workers storing everything, ${n} at a time`,
      reach: `≥ ${SHARE_STORING * 100} % of a bare server, and ≥ ${TIMES_PLAIN} times the plain design`,
      got: `${formatMedian(ofEcho, 100)} %; ${formatMedian(ofPlain)} times`,
      reached: median(ofEcho) >= SHARE_STORING && median(ofPlain) >= TIMES_PLAIN,
      why: WHY_TIMES,
    };
  });
  return [
    {
      what: `one-event requests over HTTP through serve, ${AT} at a time, workers stopped`,
      reach: `≥ ${SHARE_OF_ECHO * 100} % of a bare node:http server`,
      got: `${formatMedian(share, 100)} %`,
      reached: median(share) >= SHARE_OF_ECHO,
      why: WHY_SHARE,
    },
    ...storing,
  ];
}
