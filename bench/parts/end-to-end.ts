/** Measures the complete system over HTTP, with each queue: from the time a request is due until its event can be read. */
import { setTimeout as sleep } from "node:timers/promises";
import { climb, type Ladder } from "../ladder.ts";
import { type Contender, interleave, type Measured, type Sample, valuesOf } from "../measure.ts";
import { type Arrived, type Load, openLoop, percentiles } from "../open-loop.ts";
import type { Bench, Chart, Goal, Part, Section } from "../part.ts";
import { format, formatMedian, median, pointOf, quantile } from "../statistics.ts";
import { type System, startSystem } from "../system.ts";

const QUEUES = ["redis", "sqs"] as const;
const TITLES = { redis: "Redis", sqs: "SQS (fauxqs)" } as const;
const CLIENT = "demo";
/** Rates in events per second, with one event per request. */
const RATES = [100, 1_000];
/** Events per request at higher rates. */
const PER_REQUEST = 100;
/** The goals: latency at 1,000 events per second, and the highest rates with Redis by events per request. */
const AT = 1_000;
const P99_MS = { redis: 40, sqs: 150 } as const;
const HIGHEST = new Map([
  [1, 5_000],
  [PER_REQUEST, 50_000],
]);
/** An open loop takes longer than a closed one to measure p99.9. */
const LONGER = 4;
/** The search for the highest rate, once for each shape of request: an event in a batch costs much less than one alone. */
const LADDER: Ladder = { first: 500, step: 1.4, most: 20 };
/** If more than this many seconds' events wait in the queue at the end of a step, or requests wait longer, the queue grows. */
const BACKLOG_S = 0.5;

const WHY =
  "the processors are saturated. With one event per request, an event takes about 1.4 ms of processor time in all processes, the load generator not counted: a third to a half of it is the price of waking a process that waits for a socket, which is 0.3 to 0.5 ms on this virtual machine whenever a processor is idle, and falls to nothing under load. In batches of 100 an event takes 50 µs.";
const WHY_SQS =
  "fauxqs takes one-event requests at about 500 a second here, in one JavaScript process, so what is due waits before it is accepted. In requests of 100, several times as many events are queryable in less than 100 ms. AWS' SQS was not tried.";

const nameOf = (queue: string, rate: number): string => `${queue}, ${format(rate)} events/s`;

export const endToEnd: Part = {
  name: "end-to-end",
  run: async (bench) => {
    bench.say("starting two Weir systems, with Redis and with SQS");
    const systems = [await startSystem(bench.servers, "redis"), await startSystem(bench.servers, "sqs")];
    const highest: Highest[] = [];
    for (const perRequest of HIGHEST.keys())
      for (const system of systems)
        highest.push({
          queue: system.queue,
          perRequest,
          rate: await findHighest(bench, system, perRequest),
        });
    const loads = systems.flatMap((system) =>
      ratesOf(highest, system.queue).map((rate): [System, number] => [system, rate]),
    );
    const measured = await interleave(
      bench,
      loads.map(([system, rate]) => contender(system, rate)),
    );
    return toSection(measured, highest);
  },
};

/** The highest rate that a queue sustained, in events per second; undefined if no rate tried. */
export interface Highest {
  queue: (typeof QUEUES)[number];
  perRequest: number;
  rate: number | undefined;
}

/** The rates whose latency is measured: two of one-event requests, and above them half and all that batches sustain. */
function ratesOf(highest: readonly Highest[], queue: string): number[] {
  const found = highest.find((one) => one.queue === queue && one.perRequest === PER_REQUEST)?.rate ?? 0;
  return [...RATES, ...[found / 2, found].filter((rate) => rate > AT)];
}
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
async function findHighest(
  { say, scale }: Bench,
  system: System,
  perRequest: number,
): Promise<number | undefined> {
  const at = (rate: number, seconds: number): Load => ({ rate, perRequest, seconds });
  // The first calls after a start are slow, so they do not count.
  say(`${system.queue}: warming up`);
  await watch(system, at(LADDER.first, scale.seconds));
  return climb(LADDER, async (rate) => {
    say(`${system.queue}, requests of ${perRequest}: does the queue grow at ${format(rate)} events/s?`);
    const { arrived, waiting } = await watch(system, at(rate, scale.seconds * 3));
    const late = quantile(arrived.acceptedMs, 0.99) > BACKLOG_S * 1_000;
    await drained(system);
    return !(late || waiting > rate * BACKLOG_S || arrived.accepted < arrived.sent || arrived.missing > 0);
  });
}

/** The report's sentence on the search. */
export function describeHighest(highest: readonly Highest[]): string {
  const found = highest.map(({ queue, perRequest, rate }) => {
    const how = `with ${TITLES[queue]} in requests of ${perRequest}`;
    return rate === undefined
      ? `none ${how}, the lowest tried being ${format(LADDER.first)} events/s`
      : `${format(rate)} events/s ${how}`;
  });
  return `Highest rate at which the queue does not grow, from ${format(LADDER.first)} events/s up in steps of ${LADDER.step}: ${found.join("; ")}.`;
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

function toSection(measured: Measured, highest: readonly Highest[]): Section {
  const rows = QUEUES.flatMap((queue) => ratesOf(highest, queue).map((rate) => ({ queue, rate })));
  const of = ({ queue, rate }: { queue: string; rate: number }, quantity: string): number[] =>
    valuesOf(measured, nameOf(queue, rate), quantity);
  const shares = ["p50", "p99", "p99.9"];
  return {
    title: "End to end",
    text: [
      `An open loop over HTTP against what \`npm start\` runs: requests are due at a fixed rate, independent of earlier responses, and are timed from the moment they are due. Up to ${format(AT)} events per second each request has one event, above that ${PER_REQUEST}. An event is queryable when another connection finds its id in the ledger, polled every few milliseconds. The server's two processes and, with SQS, fauxqs share two processor cores with the databases and the load generator.`,
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
    goals: [
      ...QUEUES.map((queue) => goal(queue, of({ queue, rate: AT }, "queryable p99"))),
      ...highest.filter(({ queue }) => queue === "redis").map(highestGoal),
    ],
    figures: Object.fromEntries(
      rows
        .filter(({ rate }) => RATES.includes(rate))
        .map((row) => [nameOf(row.queue, row.rate), { unit: "ms", values: of(row, "queryable p99") }]),
    ),
  };
}

const chart = (measured: Measured, highest: readonly Highest[]): Chart => ({
  file: "latency-by-load",
  title: "From accepted to queryable by load",
  x: "events per second",
  y: "milliseconds",
  log: ["x", "y"],
  lines: QUEUES.flatMap((queue) =>
    ["p50", "p99"].map((share) => ({
      name: `${TITLES[queue]}, ${share}`,
      points: ratesOf(highest, queue).map((rate) =>
        pointOf(rate, valuesOf(measured, nameOf(queue, rate), `queryable ${share}`)),
      ),
    })),
  ),
});

const goal = (queue: (typeof QUEUES)[number], p99: number[]): Goal => ({
  what: `accepted to queryable, p99, at ${format(AT)} events/s, ${TITLES[queue]}`,
  reach: `≤ ${format(P99_MS[queue])} ms`,
  got: `${formatMedian(p99)} ms`,
  reached: median(p99) <= P99_MS[queue],
  why: queue === "sqs" ? WHY_SQS : WHY,
});

const highestGoal = ({ perRequest, rate = 0 }: Highest): Goal => ({
  what: `highest rate without a growing queue, requests of ${perRequest}, Redis`,
  reach: `≥ ${format(HIGHEST.get(perRequest) ?? 0)} events/s`,
  got: `${format(rate)} events/s`,
  reached: rate >= (HIGHEST.get(perRequest) ?? 0),
  why: WHY,
});
