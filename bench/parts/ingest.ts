/** Requests through the ingest function's own stack, compared with bare Redis and PostgreSQL and with the plain design. */
import { Redis } from "ioredis";
import type { Deps } from "../../lib/app/connect.ts";
import { plainHandler } from "../baseline/api.ts";
import { addKey, connect, createSchema } from "../baseline/schema.ts";
import { Bodies } from "../events.ts";
import { ingestOf, makeClient, postOf } from "../handler.ts";
import {
  type Contender,
  closedLoop,
  interleave,
  type Measured,
  ratios,
  valuesOf,
  withProcessor,
} from "../measure.ts";
import type { Bench, Chart, Figure, Goal, Part, Section, Table } from "../part.ts";
import { profileIngest } from "../profile.ts";
import { format, formatMedian, median, pointOf } from "../statistics.ts";

/** Concurrent requests. */
const CONCURRENCY = [1, 16, 256];
/** Events per request. */
export const BATCHES = [1, 10, 100, 500, 1_000];
/** The goals: of one-event requests a rate, or a processor time; of batches a rate. */
const AT = 16;
const PER_SECOND = 22_000;
const MOST_US = 45;
const BATCH = 500;
const EVENTS_PER_SECOND = 180_000;
const LIMITS = ["PING", "PING, pipelined", "XADD, pipelined", "SELECT 1"];
const [WEIR, PLAIN] = ["Weir", "plain design"];

const at = (name: string, concurrency: number): string => `${name}, ${concurrency} at a time`;
/** Name of the figure for the milliseconds of a request of this many events, one request at a time. */
export const timeOf = (events: number): string => `a request of ${events}, one at a time`;
const batchOf = (events: number): string => `requests of ${events}, ${AT} at a time`;

export const ingest: Part = {
  name: "ingest",
  run: async (bench) => {
    const deps = await bench.servers.deps("ingest", AT);
    const secret = await makeClient(deps, "shop", ["ingest"]);
    const measured = await interleave(bench, await contenders(bench, deps, secret));
    bench.say("profiles");
    const { tables, files = {} } = await profileIngest(deps, secret, bench.scale.seconds * 2);
    return { ...toSection(measured, tables), files };
  },
};

async function contenders(bench: Bench, deps: Deps, secret: string): Promise<Contender[]> {
  const bodies = new Bodies();
  const send = ingestOf(deps, secret);
  const plain = await plainCaller(bench, deps);
  const { redis, sql } = deps;
  const pipelined = new Redis(deps.config.redisUrl, { enableAutoPipelining: true });
  bench.servers.atEnd(async () => pipelined.disconnect());
  const calls: [string, () => Promise<unknown>][] = [
    ["PING", () => redis.ping()],
    ["PING, pipelined", () => pipelined.ping()],
    ["XADD, pipelined", () => pipelined.xadd("limit", "*", "n", 1, "m", bodies.one())],
    ["SELECT 1", () => sql`SELECT 1`],
    [WEIR, () => send(bodies.one())],
    [PLAIN, () => plain(bodies.one())],
  ];
  const fresh = async (): Promise<void> => {
    await redis.flushdb();
    // The key is looked up once, by the first request.
    await send(bodies.one());
  };
  const one = calls.flatMap(([name, call]) =>
    CONCURRENCY.map((concurrency) => ({
      name: at(name, concurrency),
      run: async (seconds: number) => {
        await fresh();
        return withProcessor(() => closedLoop(concurrency, seconds, call));
      },
    })),
  );
  const batch = (name: (events: number) => string, concurrency: number): Contender[] =>
    BATCHES.map((events) => ({
      name: name(events),
      run: async (seconds) => {
        await fresh();
        return withProcessor(() => closedLoop(concurrency, seconds, () => send(bodies.many(events)), events));
      },
    }));
  return [...one, ...batch(batchOf, AT), ...batch(timeOf, 1)];
}

async function plainCaller({ servers }: Bench, deps: Deps): Promise<(body: string) => Promise<void>> {
  const sql = connect(deps.config.databaseUrl, AT);
  const redis = new Redis(deps.config.redisUrl);
  servers.atEnd(async () => {
    await sql.end({ timeout: 1 });
    redis.disconnect();
  });
  await createSchema(sql);
  await addKey(sql, "plain-key", "shop");
  const handler = plainHandler(sql, redis);
  const post = postOf("plain-key");
  return async (body) => {
    const { statusCode } = await handler(post(body));
    if (statusCode !== 202) throw new Error(`The plain design answered ${statusCode}.`);
  };
}

function toSection(measured: Measured, profiles: Table[]): Section {
  const names = [...LIMITS, WEIR, PLAIN];
  const rate = (name: string): number[] => valuesOf(measured, name, "perSecond");
  const figures = Object.fromEntries([
    ...[...measured.keys()].map((name): [string, Figure] => [name, { unit: "/s", values: rate(name) }]),
    ...BATCHES.map((events): [string, Figure] => [
      `${timeOf(events)}: ms`,
      { unit: "ms", values: valuesOf(measured, timeOf(events), "meanMs") },
    ]),
  ]);
  return {
    title: "Ingest",
    text: [
      "Closed loops in the handler's process, which runs Weir's own stack on gateway events; Redis and PostgreSQL run in separate processes. PING uses the same client and connection as Weir's script. The pipelined rows use a client that collects the commands of a turn of the event loop, which Weir's does not. SELECT 1 and the plain design use a pool of 16. An event has about 180 bytes.",
    ],
    tables: [
      {
        caption: "Requests (or commands) per second, one event each, by concurrency:",
        head: ["", ...CONCURRENCY.map(String)],
        rows: names.map((name) => [name, ...CONCURRENCY.map((n) => formatMedian(rate(at(name, n))))]),
      },
      {
        caption: "Processor time per request in microseconds, of the handler, Redis and PostgreSQL together:",
        head: ["", ...CONCURRENCY.map(String)],
        rows: names.map((name) => [
          name,
          ...CONCURRENCY.map((n) => formatMedian(valuesOf(measured, at(name, n), "processorUs"))),
        ]),
      },
      {
        caption: "p99 per request in milliseconds:",
        head: ["", ...CONCURRENCY.map(String)],
        rows: [WEIR, PLAIN].map((name) => [
          name,
          ...CONCURRENCY.map((n) => formatMedian(valuesOf(measured, at(name, n), "p99Ms"))),
        ]),
      },
      {
        caption: "Events per second by events per request:",
        head: [
          "events per request",
          `${AT} requests at a time`,
          "1 at a time",
          "ms per request, 1 at a time",
          `processor time per event in µs, ${AT} at a time`,
        ],
        rows: BATCHES.map((events) => [
          format(events),
          formatMedian(rate(batchOf(events))),
          formatMedian(rate(timeOf(events))),
          formatMedian(valuesOf(measured, timeOf(events), "meanMs")),
          formatMedian(valuesOf(measured, batchOf(events), "processorUs")),
        ]),
      },
      ...profiles,
    ],
    charts: [chart(measured, names)],
    goals: goals(measured),
    figures,
  };
}

function goals(measured: Measured): Goal[] {
  const one = valuesOf(measured, at(WEIR, AT), "perSecond");
  const processor = valuesOf(measured, at(WEIR, AT), "processorUs");
  const events = valuesOf(measured, batchOf(BATCH), "perSecond");
  const times = ratios(measured, at(WEIR, AT), at(PLAIN, AT));
  return [
    {
      what: `one-event requests through the ingest handler, ${AT} at a time`,
      reach: `≥ ${format(PER_SECOND)}/s, or ≤ ${MOST_US} µs of processor time`,
      got: `${formatMedian(one)}/s, ${formatMedian(processor)} µs; ${formatMedian(times)} times the plain design`,
      reached: median(one) >= PER_SECOND || median(processor) <= MOST_US,
      why: "Redis and the handler's process share the time about equally. Most of the script's is spent on writes: the message with its audit row, the id's mark, the receipt's note, the counts; a 202 needs each of them. The goal is for a faster machine: the same bundles took twice as long to load as on 2026-11-23. Alternatives with figures: docs/decisions/0021, 0022 and 0035.",
    },
    {
      what: `events in batches of ${BATCH} through the ingest handler`,
      reach: `≥ ${format(EVENTS_PER_SECOND)}/s`,
      got: `${formatMedian(events)}/s`,
      reached: median(events) >= EVENTS_PER_SECOND,
      why: "most of the time is spent on JSON and on validating each event, as the profile under Ingest shows; the handler has one processor.",
    },
  ];
}

const chart = (measured: Measured, names: readonly string[]): Chart => ({
  file: "throughput-by-concurrency",
  title: "Requests per second by concurrency, one event each",
  x: "concurrent requests",
  y: "per second",
  log: ["x", "y"],
  lines: names.map((name) => ({
    name,
    points: CONCURRENCY.map((n) => pointOf(n, valuesOf(measured, at(name, n), "perSecond"))),
  })),
});
