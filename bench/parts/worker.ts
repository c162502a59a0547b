/** Measures the worker from the queue to the commit, compared with raw COPY and the plain design's worker, on empty tables and with many stored events. */
import { Redis } from "ioredis";
import type { Deps } from "../../lib/app/connect.ts";
import { QUEUE, type Queued } from "../baseline/api.ts";
import { connect, createSchema } from "../baseline/schema.ts";
import { plainWorker } from "../baseline/worker.ts";
import { drainSample, type Place } from "../drain-sample.ts";
import { Bodies, REFUSED } from "../events.ts";
import { empty, type Filling, fill } from "../fill.ts";
import { makeClient } from "../handler.ts";
import { type Contender, interleave, type Measured, ratios, valuesOf } from "../measure.ts";
import type { Bench, Goal, Part, Section } from "../part.ts";
import { rawCopy } from "../raw-copy.ts";
import { format, formatMedian, median } from "../statistics.ts";

const BATCHES = [100, 1_000, 5_000];
const WORKERS = [1, 2, 4];
/** Events per message, by default. */
const PER_MESSAGE = 100;
/** The goals. */
const [BATCH, AT_ONCE] = [1_000, 2];
const SHARE_OF_COPY = 0.3;
const MOST_US = 14;
const SMALL_PER_SECOND = 25_000;
const SHARE_WITH_MANY = 0.15;
const PLAIN_A_SECOND = 3_000;
const [COPY, COPY_2] = ["raw COPY, no index", "raw COPY, no index, 2 at once"];
const PLAIN = "plain design, 2 workers";
const SMALL = `batches of ${BATCH} messages of one event, ${AT_ONCE} at once`;
/** The same with one worker; the name of the figure for its rate. */
export const SMALL_1 = `batches of ${BATCH} messages of one event, 1 at once`;
const WIDE = `batches of ${BATCH} over an hour, ${AT_ONCE} at once`;
/** Shares of events that PostgreSQL rejects, and the goal as a share of the rate without rejected events. */
const REFUSALS = [
  { share: 0.01, reach: 0.5 },
  { share: 0.1, reach: 0.2 },
  { share: 1, reach: 0 },
];
const REFUSED_BATCH = 5_000;
const PER_REFUSED_MESSAGE = 50;
const withRefused = (share: number): string => `${format(share * 100)} % refused`;
const TABLES = ["events", "event_ledger", "rollups", "receipts", "audit_log"];

const nameOf = (batch: number, workers: number): string => `batches of ${format(batch)}, ${workers} at once`;
const withMany = (name: string): string => `${name}, many stored`;
/** Name of the figure for one worker's events per second in batches of this size. */
export const rateOf = (batch: number): string => nameOf(batch, 1);

const WHY =
  "of an event's processor time PostgreSQL takes two thirds (the row, the ledger with its unique index, the index of events, the rollups), the worker's process nearly all of the rest, Redis 4 %; raw COPY writes the row only. The goal is for processors about twice as fast as this machine's on the day of the run. Alternatives with figures: docs/decisions/0022 and 0034.";
const WHY_SMALL =
  "each message is a request with a receipt and an audit row, which is hashed, sealed and indexed: 171 µs instead of 46. PostgreSQL takes 75 µs of it, the worker's process 80 without a peak in its profile, Redis 28: docs/decisions/0034.";

export const worker: Part = {
  name: "worker",
  run: async (bench) => {
    const most = bench.scale.stored.at(-1) ?? 0;
    const fresh = await freshPlace(await bench.servers.deps("worker", 4));
    const stored = await bench.servers.stored(most);
    const many = await placeOf(stored.deps);
    const refusing = await freshPlace(await bench.servers.deps("refusals", 4));
    const { sql } = refusing.deps;
    await sql`ALTER TABLE events ADD CHECK (NOT starts_with(event_id, ${sql.unsafe(`'${REFUSED}'`)}))`;
    const all = [...(await contenders(bench, fresh, many)), ...refusals(refusing)];
    const measured = await interleave(bench, all);
    return toSection(measured, await bytesOf(fresh), most);
  },
};

async function placeOf(deps: Deps): Promise<Place> {
  return { deps, secret: await makeClient(deps, "worker", ["ingest"]) };
}

async function freshPlace(deps: Deps): Promise<Place> {
  const prepare = async (): Promise<void> => {
    await deps.sql`TRUNCATE ${deps.sql(TABLES)}`;
  };
  return { ...(await placeOf(deps)), prepare };
}

async function contenders(bench: Bench, fresh: Place, many: Place): Promise<Contender[]> {
  const of = (
    name: string,
    place: Place,
    batch: number,
    workers: number,
    filling: Partial<Filling> = {},
  ) => ({
    name,
    run: (seconds: number) =>
      drainSample(place, batch, workers, { perRequest: PER_MESSAGE, ...filling }, seconds),
  });
  return [
    rawCopy(COPY, fresh.deps.sql, 1),
    rawCopy(COPY_2, fresh.deps.sql, 2),
    ...BATCHES.flatMap((batch) =>
      WORKERS.map((workers) => of(nameOf(batch, workers), fresh, batch, workers)),
    ),
    of(SMALL, fresh, BATCH, AT_ONCE, { perRequest: 1 }),
    of(SMALL_1, fresh, BATCH, 1, { perRequest: 1 }),
    of(WIDE, fresh, BATCH, AT_ONCE, { spreadMs: 3_600_000 }),
    ...BATCHES.map((batch) => of(withMany(nameOf(batch, AT_ONCE)), many, batch, AT_ONCE)),
    await plain(bench, fresh.deps),
  ];
}

function refusals(place: Place): Contender[] {
  return [0, ...REFUSALS.map(({ share }) => share)].map((share) => ({
    name: withRefused(share),
    run: (seconds) =>
      // Half as many: if all are rejected, they take several times as long.
      drainSample(
        place,
        REFUSED_BATCH,
        AT_ONCE,
        { perRequest: PER_REFUSED_MESSAGE, refused: share },
        seconds / 2,
      ),
  }));
}

async function plain({ servers }: Bench, { config }: Deps): Promise<Contender> {
  const sql = connect(config.databaseUrl, 2);
  const connections = [0, 1].map(() => new Redis(config.redisUrl));
  servers.atEnd(async () => {
    await sql.end({ timeout: 1 });
    for (const redis of connections) redis.disconnect();
  });
  await createSchema(sql);
  const bodies = new Bodies();
  return {
    name: PLAIN,
    run: async (seconds) => {
      await sql`TRUNCATE plain_events`;
      const events = Math.ceil(seconds * PLAIN_A_SECOND);
      const received_at = new Date().toISOString();
      const queued = Array.from({ length: events }, () => {
        const event: Queued = { ...JSON.parse(bodies.one()), client_id: "shop", received_at };
        return JSON.stringify(event);
      });
      await connections[0]?.lpush(QUEUE, ...queued);
      const start = performance.now();
      const taken = await Promise.all(connections.map((redis) => plainWorker(sql, redis)));
      const took = (performance.now() - start) / 1_000;
      return { perSecond: taken.reduce((sum, count) => sum + count, 0) / took };
    },
  };
}

/** Bytes per event of each table and its indexes, in batches of the goal's size. */
async function bytesOf(place: Place): Promise<string[][]> {
  const events = 50 * BATCH;
  const { deps, secret, prepare } = place;
  await prepare?.();
  await fill(deps, secret, { events, perRequest: PER_MESSAGE });
  await empty(deps, AT_ONCE, BATCH / PER_MESSAGE);
  const rows = await deps.sql<{ name: string; table: number; index: number }[]>`
    SELECT root::text AS name, sum(pg_table_size(relid))::float8 AS table, sum(pg_indexes_size(relid))::float8 AS index
      FROM unnest(${TABLES}::text[]::regclass[]) AS root,
           LATERAL (SELECT relid FROM pg_partition_tree(root) UNION SELECT root) AS part(relid)
     WHERE pg_table_size(relid) > 16384 GROUP BY root ORDER BY 2 DESC`;
  return rows.map(({ name, table, index }) => [name, format(table / events), format(index / events)]);
}

function toSection(measured: Measured, bytes: string[][], most: number): Section {
  const rate = (name: string): number[] => valuesOf(measured, name, "perSecond");
  const shareOf = (name: string): string => `${formatMedian(ratios(measured, name, COPY), 100)} %`;
  const others = [COPY, COPY_2, SMALL, SMALL_1, WIDE, PLAIN];
  return {
    title: "Worker",
    text: [
      `From the queue (Redis Streams, filled by the ingest handler with ${PER_MESSAGE} events per message) to the commit and the acknowledgement: ledger, events, rollups, receipts and audit rows, in one transaction per batch. The workers share a process, unlike on Lambda. "Many" means ${format(most)} events stored before.`,
    ],
    tables: [
      {
        caption:
          "Events per second on empty tables, by events per batch and concurrent workers; then with many stored:",
        head: [
          "events per batch",
          ...WORKERS.map(String),
          `${AT_ONCE}, many stored`,
          "WAL bytes per event",
          "with many stored",
          `processor time per event in µs, ${AT_ONCE} workers`,
        ],
        rows: BATCHES.map((batch) => [
          format(batch),
          ...WORKERS.map((workers) => formatMedian(rate(nameOf(batch, workers)))),
          formatMedian(rate(withMany(nameOf(batch, AT_ONCE)))),
          formatMedian(valuesOf(measured, nameOf(batch, AT_ONCE), "walBytes")),
          formatMedian(valuesOf(measured, withMany(nameOf(batch, AT_ONCE)), "walBytes")),
          formatMedian(valuesOf(measured, nameOf(batch, AT_ONCE), "processorUs")),
        ]),
      },
      {
        caption: "For comparison:",
        head: ["", "events per second", "share of COPY"],
        rows: others.map((name) => [name, formatMedian(rate(name)), shareOf(name)]),
      },
      {
        caption: `PostgreSQL rejects some of the events, batches of ${format(REFUSED_BATCH)}, ${AT_ONCE} at once:`,
        head: ["", "events per second", "share of the rate without rejections"],
        rows: [0, ...REFUSALS.map(({ share }) => share)]
          .map(withRefused)
          .map((name) => [
            name,
            formatMedian(rate(name)),
            `${formatMedian(ratios(measured, name, withRefused(0)), 100)} %`,
          ]),
      },
      { caption: "Bytes per event:", head: ["table", "table", "its indexes"], rows: bytes },
    ],
    charts: [],
    goals: goals(measured, most),
    figures: Object.fromEntries(
      [...measured.keys()].map((name) => [name, { unit: "events/s", values: rate(name) }]),
    ),
  };
}

function goals(measured: Measured, most: number): Goal[] {
  const name = nameOf(BATCH, AT_ONCE);
  const [few, many] = [ratios(measured, name, COPY), ratios(measured, withMany(name), COPY)];
  const times = ratios(measured, name, PLAIN);
  const perSecond = valuesOf(measured, name, "perSecond");
  const processor = valuesOf(measured, name, "processorUs");
  const small = valuesOf(measured, SMALL, "perSecond");
  return [
    {
      what: `worker, queue to commit, batches of ${format(BATCH)}, ${AT_ONCE} at once`,
      reach: `≥ ${SHARE_OF_COPY * 100} % of raw COPY; ≤ ${MOST_US} µs of processor time per event`,
      got: `${formatMedian(few, 100)} %, ${formatMedian(perSecond)}/s; ${formatMedian(processor)} µs; ${formatMedian(times)} times the plain design`,
      reached: median(few) >= SHARE_OF_COPY && median(processor) <= MOST_US,
      why: WHY,
    },
    {
      what: `the same with ${format(most)} events stored`,
      reach: `≥ ${SHARE_WITH_MANY * 100} %`,
      got: `${formatMedian(many, 100)} %, ${formatMedian(valuesOf(measured, withMany(name), "perSecond"))}/s`,
      reached: median(many) >= SHARE_WITH_MANY,
      why: WHY,
    },
    {
      what: `messages of one event, ${SMALL}`,
      reach: `≥ ${format(SMALL_PER_SECOND)}/s`,
      got: `${formatMedian(small)}/s, ${formatMedian(valuesOf(measured, SMALL, "processorUs"))} µs of processor time`,
      reached: median(small) >= SMALL_PER_SECOND,
      why: WHY_SMALL,
    },
    ...REFUSALS.filter(({ reach }) => reach > 0).map(({ share, reach }): Goal => {
      const got = ratios(measured, withRefused(share), withRefused(0));
      return {
        what: `worker, ${withRefused(share)}, counting stored and rejected events`,
        reach: `≥ ${reach * 100} % of the rate without rejections`,
        got: `${formatMedian(got, 100)} %`,
        reached: median(got) >= reach,
        why: "the complete batch is tried first, then probed in pieces: docs/decisions/0026.",
      };
    }),
  ];
}
