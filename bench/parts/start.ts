/** Measures a function's cold start: the time its bundle takes to load and to return its first response in a bare Node.js. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { closeDeps, createDeps } from "../../lib/app/connect.ts";
import { loadConfig } from "../../lib/config/config.ts";
import { toSqsEvent } from "../../local/event-source.ts";
import { createQueues, startSqs } from "../../local/sqs.ts";
import { gatewayEvent } from "../../test/support/http/gateway.ts";
import { freePort } from "../../test/support/servers/ports.ts";
import { type Bundle, makeBundles } from "../bundles.ts";
import { Bodies } from "../events.ts";
import { fill } from "../fill.ts";
import { makeClient } from "../handler.ts";
import { type Contender, interleave, type Measured, valuesOf } from "../measure.ts";
import type { Goal, Part, Section } from "../part.ts";
import type { Servers } from "../servers.ts";
import { format, formatMedian, median } from "../statistics.ts";

/** From section 5 of the design. */
const MOST_KIB = 1_024;
const MOST_MS = 150;
const NPM_START = "npm start, installed";
const NPM_START_MS = 3_000;
/** Starts of one function per repeat; the median counts. */
const STARTS = 3;
const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const PROBE = fileURLToPath(new URL("../start-probe.mjs", import.meta.url));
const run = promisify(execFile);

/** A bundle with its environment and first event; without an event it is only loaded. */
interface Start {
  name: string;
  bundle: Bundle;
  environment: Record<string, string>;
  event?: (() => string) | undefined;
}

export const start: Part = {
  name: "start",
  run: async (bench) => {
    const { servers } = bench;
    bench.say("bundling");
    const bundles = await makeBundles(await mkdtemp(join(servers.folder, "bundles-")));
    const starts = await startsOf(servers, bundles);
    const measured = await interleave(bench, [
      ...starts.map(contender),
      await npmStart(await mkdtemp(join(servers.folder, "npm-start-"))),
    ]);
    return toSection(measured, starts);
  },
};

async function startsOf(servers: Servers, bundles: readonly Bundle[]): Promise<Start[]> {
  const environment = await servers.environment("start", 1);
  const events = await firstEvents(environment);
  const starts = bundles.map((bundle) => ({
    name: bundle.name,
    bundle,
    environment,
    event: events.get(bundle.name),
  }));
  const ingest = starts.find(({ name }) => name === "ingest");
  if (!ingest) throw new Error("There is no function named ingest.");
  return [
    ...starts,
    { ...ingest, name: "ingest, SQS", environment: { ...environment, ...(await sqs(servers)) } },
  ];
}

async function sqs(servers: Servers): Promise<Record<string, string>> {
  const dataDir = await mkdtemp(join(servers.folder, "sqs-"));
  const server = await startSqs({ dataDir, port: 0, log: () => {} });
  servers.atEnd(() => server.stop());
  const settings = { endpoint: server.url, region: "us-east-1" };
  const url = await createQueues(settings, "start", { visibilitySeconds: 60, maxDeliveries: 100 });
  return { QUEUE: "sqs", SQS_ENDPOINT: server.url, SQS_QUEUE_URL: url };
}

/** The first event of each function, by its name. */
async function firstEvents(environment: Record<string, string>): Promise<Map<string, () => string>> {
  const deps = createDeps(loadConfig(environment));
  try {
    const key = await makeClient(deps, "start", ["admin"]);
    const bodies = new Bodies();
    await fill(deps, key, { events: 1, perRequest: 1 });
    const messages = await deps.queue.receive({ maxMessages: 1, waitMs: 0 });
    const headers = { "x-api-key": key, "content-type": "application/json" };
    const get = (route: string, query = {}) =>
      JSON.stringify(gatewayEvent({ method: "GET", route, query, headers }));
    const range = { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" };
    return new Map([
      [
        "ingest",
        () =>
          JSON.stringify(gatewayEvent({ method: "POST", route: "/v1/events", headers, body: bodies.one() })),
      ],
      ["analytics", () => get("/v1/analytics/count", range)],
      ["audit", () => get("/v1/audit")],
      ["health", () => get("/health")],
      ["admin", () => get("/v1/clients")],
      ["web", () => get("/openapi.json")],
      ["worker", () => JSON.stringify(toSqsEvent(messages))],
    ]);
  } finally {
    await closeDeps(deps);
  }
}

const contender = ({ name, bundle, environment, event }: Start): Contender => ({
  name,
  run: async () => {
    const samples: Record<string, number>[] = [];
    for (let n = 0; n < STARTS; n++) {
      const words = [PROBE, pathToFileURL(bundle.file).href, ...(event ? [event()] : [])];
      const { stdout } = await run(process.execPath, words, { env: environment });
      samples.push(JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}"));
    }
    const quantities = ["load", "answer", "waited", "both"];
    return Object.fromEntries(
      quantities.map((one) => [one, median(samples.map((sample) => sample[one] ?? 0))]),
    );
  },
});

/** The time from typing the command until it says that it is ready, with the data of an earlier start. */
async function npmStart(dataDir: string): Promise<Contender> {
  const env = {
    ...process.env,
    HTTP_PORT: String(await freePort()),
    WEIR_DATA_DIR: dataDir,
    DATABASE_URL: "",
    REDIS_URL: "",
  };
  const start = async (): Promise<number> => {
    const begun = performance.now();
    const child = spawn("npm", ["start"], {
      cwd: PROJECT,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    let output = "";
    const ready = new Promise<number>((resolve) =>
      child.stdout.on("data", (chunk) => {
        output += chunk;
        if (output.includes("Weir is ready")) resolve(performance.now() - begun);
      }),
    );
    const took = await Promise.race([ready, ended.then(() => undefined)]);
    if (took === undefined) throw new Error(`npm start ended:\n${output}`);
    child.kill("SIGTERM");
    await ended;
    return took;
  };
  await start();
  return { name: NPM_START, run: async () => ({ both: await start() }) };
}

function toSection(measured: Measured, starts: readonly Start[]): Section {
  const of = (name: string, quantity: string): number[] => valuesOf(measured, name, quantity);
  return {
    title: "Cold start",
    text: [
      `Each function's bundle, built with the settings of \`serverless.yml\`, in its own Node.js process; ${STARTS} starts per repeat, of which the median counts. "KiB" are those of all files, "at startup" those loaded at startup; the AWS SDK is loaded on its first call. "First answer" includes connecting to Redis and PostgreSQL on this machine, and, for SQS, loading the SDK; "of that, waiting" is the time in which the process was idle: waiting for a connection, or for replies of Redis and PostgreSQL. The goal says "connections warm", interpreted as: servers that are running and reachable; the time includes connecting. A Lambda with less than 1,769 MB has less than one processor, and takes proportionally longer.`,
    ],
    tables: [
      {
        head: [
          "function",
          "KiB",
          "at startup",
          "load, ms",
          "first answer, ms",
          "of that, waiting, ms",
          "together, ms",
          "heaviest parts, KiB",
        ],
        rows: starts.map(({ name, bundle, event }) => [
          name,
          format(bundle.bytes / 1_024),
          format(bundle.startBytes / 1_024),
          formatMedian(of(name, "load")),
          event ? formatMedian(of(name, "answer")) : "not called",
          event ? formatMedian(of(name, "waited")) : "",
          event ? formatMedian(of(name, "both")) : "",
          bundle.parts
            .slice(0, 4)
            .map(([part, bytes]) => `${part} ${format(bytes / 1_024)}`)
            .join(", "),
        ]),
      },
    ],
    charts: [],
    goals: goals(measured, starts),
    figures: Object.fromEntries(
      [...measured.keys()].map((name) => [name, { unit: "ms", values: of(name, "both") }]),
    ),
  };
}

function goals(measured: Measured, starts: readonly Start[]): Goal[] {
  const largest = starts.reduce((a, b) => (b.bundle.bytes > a.bundle.bytes ? b : a));
  const times = starts.map(({ name }) => ({ name, values: valuesOf(measured, name, "both") }));
  const npm = valuesOf(measured, NPM_START, "both");
  const slowest = times.reduce((a, b) => (median(b.values) > median(a.values) ? b : a));
  return [
    {
      what: "a function's bundle",
      reach: "≤ 1 MiB unzipped",
      got: `${format(largest.bundle.bytes / 1_024)} KiB at most (${largest.name})`,
      reached: largest.bundle.bytes <= MOST_KIB * 1_024,
    },
    {
      what: "its start, import to first answer",
      reach: `≤ ${MOST_MS} ms`,
      got: `${formatMedian(slowest.values)} ms at most (${slowest.name})`,
      reached: median(slowest.values) <= MOST_MS,
      why: "much of the load time is spent on compiling, the rest on running module code: schemas, the Redis client. On a busy machine it takes up to twice as long. docs/decisions/0022 lists the improvements and their effect.",
    },
    {
      what: "`npm start` to ready, installed",
      reach: `≤ ${NPM_START_MS / 1_000} s`,
      got: `${formatMedian(npm, 0.001)} s`,
      reached: median(npm) <= NPM_START_MS,
    },
  ];
}
