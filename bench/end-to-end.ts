/** Measures the complete system over HTTP, with each queue: from the time a request is due until its event can be read. */
import { setTimeout as sleep } from "node:timers/promises";
import { climb, type Ladder } from "./ladder.ts";
import { type Contender, interleave, type Measured, type Sample, valuesOf } from "./measure.ts";
import { type Arrived, type Load, openLoop, percentiles } from "./open-loop.ts";
import type { Bench, Chart, Goal, Part, Section } from "./part.ts";
import { format, formatMedian, median, quantile } from "./statistics.ts";
import { type System, startSystem } from "./system.ts";

const QUEUES = ["redis", "sqs"] as const;
const TITLES = { redis: "Redis", sqs: "SQS (fauxqs)" } as const;
const CLIENT = "demo";
/** Rates in events per second, with one event per request. */
const RATES = [100, 1_000];
/** Events per request at higher rates. */
const PER_REQUEST = 100;
/** From section 5 of the design, at 1,000 events per second. */
const AT = 1_000;
const P99_MS = { redis: 250, sqs: 1_500 } as const;
const WHY = {
  redis:
    "an event takes 1.2 to 1.6 ms of processor time in all processes, including the load generator, so two processors are nearly saturated; about half of it is in the emulator's process. docs/decisions/0022 lists the improvements.",
  sqs: "an event takes 1.7 to 2 ms of processor time in all processes, including the load generator, so two processors are saturated; about half of it is in the emulator's process, and fauxqs waits for its disk. docs/decisions/0022 lists the improvements.",
} as const;
/** An open loop takes longer than a closed one to measure p99.9. */
const LONGER = 4;
/**
 * The search for the highest rate. It sends events in batches, which cost least: a rate of single-event requests is harder
 * to sustain than a much higher one in batches.
 */
const LADDER: Ladder = { first: 500, step: 1.4, most: 20 };
/** If more than this many seconds' events wait in the queue at the end of a step, or requests wait longer, the queue grows. */
const BACKLOG_S = 0.5;

const nameOf = (queue: string, rate: number): string => `${queue}, ${format(rate)} events/s`;

export const endToEnd: Part = {
  name: "end-to-end",
  run: async (bench) => {
    bench.say("starting two Weir systems, with Redis and with SQS");
    const systems = [await startSystem(bench.servers, "redis"), await startSystem(bench.servers, "sqs")];
    const highest = new Map<string, number | undefined>();
    for (const system of systems) highest.set(system.queue, await findHighest(bench, system));
    const loads = systems.flatMap((system) =>
      ratesOf(highest.get(system.queue) ?? 0).map((rate): [System, number] => [system, rate]),
    );
    const measured = await interleave(
      bench,
      loads.map(([system, rate]) => contender(system, rate)),
    );
    return toSection(measured, highest);
  },
};

const ratesOf = (highest: number): number[] => [
  ...RATES,
  ...[highest / 2, highest].filter((rate) => rate > AT),
];
const loadOf = (rate: number, seconds: number): Load => ({
  rate,
  perRequest: rate > AT ? PER_REQUEST : 1,
  seconds,
});

const contender = (system: System, rate: number): Contender => ({
  name: nameOf(system.queue, rate),
  run: async (seconds): Promise<Sample> => {
    const arrived = await openLoop(system.client, system.sql, CLIENT, loadOf(rate, seconds * LONGER));
    await drained(system);
    return {
      ...percentiles(arrived.acceptedMs, "accepted"),
      ...percentiles(arrived.queryableMs, "queryable"),
      refused: arrived.sent - arrived.accepted,
      missing: arrived.missing,
    };
  },
});

/**
 * The highest rate tried, in events per second, at which every request is accepted in time and the queue does not grow;
 * undefined if no rate tried holds.
 */
async function findHighest({ say, scale }: Bench, system: System): Promise<number | undefined> {
  const at = (rate: number, seconds: number): Load => ({ rate, perRequest: PER_REQUEST, seconds });
  // The first calls after a start are slow, so they do not count.
  say(`${system.queue}: warming up`);
  await watch(system, at(LADDER.first, scale.seconds));
  return climb(LADDER, async (rate) => {
    say(`${system.queue}: does the queue grow at ${format(rate)} events/s?`);
    const { arrived, waiting } = await watch(system, at(rate, scale.seconds * 3));
    const late = quantile(arrived.acceptedMs, 0.99) > BACKLOG_S * 1_000;
    await drained(system);
    return !(late || waiting > rate * BACKLOG_S || arrived.accepted < arrived.sent || arrived.missing > 0);
  });
}

/** The report's sentence on the search. */
export function describeHighest(highest: ReadonlyMap<string, number | undefined>): string {
  const found = QUEUES.map((queue) => {
    const rate = highest.get(queue);
    return rate === undefined
      ? `none with ${TITLES[queue]}, the lowest tried being ${format(LADDER.first)} events/s`
      : `${format(rate)} events/s with ${TITLES[queue]}`;
  });
  return `Highest rate at which the queue does not grow, in batches of ${PER_REQUEST}, from ${format(LADDER.first)} events/s up in steps of ${LADDER.step}: ${found.join("; ")}.`;
}

/** @returns also the number of events in the queue when the last request was due */
async function watch(
  { client, sql, deps }: System,
  load: Load,
): Promise<{ arrived: Arrived; waiting: number }> {
  const running = openLoop(client, sql, CLIENT, load);
  await sleep(load.seconds * 1_000);
  const { events } = await deps.queue.depth();
  return { arrived: await running, waiting: events };
}

/** Resolves when the queue is empty. */
async function drained({ deps }: System): Promise<void> {
  while ((await deps.queue.depth()).events > 0) await sleep(50);
}

function toSection(measured: Measured, highest: ReadonlyMap<string, number | undefined>): Section {
  const rows = QUEUES.flatMap((queue) => ratesOf(highest.get(queue) ?? 0).map((rate) => ({ queue, rate })));
  const of = ({ queue, rate }: { queue: string; rate: number }, quantity: string): number[] =>
    valuesOf(measured, nameOf(queue, rate), quantity);
  const shares = ["p50", "p99", "p99.9"];
  return {
    title: "End to end",
    text: [
      `An open loop over HTTP against what \`npm start\` runs: requests are due at a fixed rate, independent of earlier responses, and are timed from the moment they are due. Up to ${format(AT)} events per second each request has one event, above that ${PER_REQUEST}. An event is queryable when another connection finds its id in the ledger, polled every few milliseconds. The emulator with all functions (the worker in its own thread) and, with SQS, fauxqs share two processor cores with the databases and the load generator.`,
      describeHighest(highest),
    ],
    tables: [
      {
        caption: "Milliseconds from due to accepted, and from accepted to queryable:",
        head: [
          "queue",
          "events/s",
          ...shares.map((share) => `accepted: ${share}`),
          ...shares.map((share) => `queryable: ${share}`),
          "refused",
        ],
        rows: rows.map((row) => [
          TITLES[row.queue],
          format(row.rate),
          ...["accepted", "queryable"].flatMap((what) =>
            shares.map((share) => formatMedian(of(row, `${what} ${share}`))),
          ),
          String(of(row, "refused").reduce((sum, count) => sum + count, 0)),
        ]),
      },
    ],
    charts: [chart(measured, highest)],
    goals: QUEUES.map((queue) => goal(queue, of({ queue, rate: AT }, "queryable p99"))),
    figures: Object.fromEntries(
      rows
        .filter(({ rate }) => RATES.includes(rate))
        .map((row) => [nameOf(row.queue, row.rate), { unit: "ms", values: of(row, "queryable p99") }]),
    ),
  };
}

const chart = (measured: Measured, highest: ReadonlyMap<string, number | undefined>): Chart => ({
  file: "latency-by-load",
  title: "From accepted to queryable by load",
  x: "events per second",
  y: "milliseconds",
  log: ["x", "y"],
  lines: QUEUES.flatMap((queue) =>
    ["p50", "p99"].map((share) => ({
      name: `${TITLES[queue]}, ${share}`,
      points: ratesOf(highest.get(queue) ?? 0).map((rate): [number, number] => [
        rate,
        median(valuesOf(measured, nameOf(queue, rate), `queryable ${share}`)),
      ]),
    })),
  ),
});

const goal = (queue: (typeof QUEUES)[number], p99: number[]): Goal => ({
  what: `accepted to queryable, p99, at ${format(AT)} events/s, ${TITLES[queue]}`,
  reach: `≤ ${format(P99_MS[queue])} ms`,
  got: `${formatMedian(p99)} ms`,
  reached: median(p99) <= P99_MS[queue],
  why: WHY[queue],
});
