/** From measured times to AWS list prices: a model, not a bill. Its outcome stands in docs/operations.md. */
import { readFile, writeFile } from "node:fs/promises";
import { timeOf } from "./ingest.ts";
import type { Bench, Part, Section, Table } from "./part.ts";
import { ASSUMED, PRICES } from "./prices.ts";
import { format, median } from "./statistics.ts";
import { rateOf, SMALL_1 } from "./worker.ts";

/** Events of a request. */
const SIZES = [1, 10, 100, 1_000];
const EVENTS = 1_000_000;
const GUIDE = new URL("../docs/operations.md", import.meta.url);
const [BEGIN, END] = ["<!-- made by `npm run bench`: begin -->", "<!-- made by `npm run bench`: end -->"];

/** Measured times, in milliseconds. */
export interface Times {
  /** Of a request of so many events at ingest, by events. */
  request: ReadonlyMap<number, number>;
  /** Of the worker: for each batch, each message in it, and each event. */
  batch: number;
  message: number;
  event: number;
}

/** Dollars of a million events, by what they are paid for. */
export interface Cost {
  api: number;
  ingest: number;
  logs: number;
  sqs: number;
  worker: number;
}

/** @param size events of a request */
export function costOf(size: number, times: Times): Cost {
  const requests = EVENTS / size;
  const bytes = size * ASSUMED.eventBytes;
  const processor = Math.min(1, (ASSUMED.ingestGib * 1_024) / ASSUMED.wholeProcessorMib);
  const requestMs = (times.request.get(size) ?? Number.NaN) / processor + ASSUMED.networkMs;
  const messages = requests * Math.ceil(bytes / ASSUMED.messageBytes);
  const invocations = Math.max(
    messages / ASSUMED.batchMessages,
    (EVENTS * ASSUMED.eventBytes) / ASSUMED.batchBytes,
  );
  const workerMs =
    invocations * (times.batch + ASSUMED.workerNetworkMs) + messages * times.message + EVENTS * times.event;
  return {
    api: requests * Math.ceil(bytes / 524_288) * PRICES.httpApi,
    ingest:
      requests * PRICES.invocation + (requests * requestMs * ASSUMED.ingestGib * PRICES.gbSecond) / 1_000,
    logs: (requests * ASSUMED.logBytes * PRICES.logGb) / 1e9,
    sqs: sqsRequests(requests, messages, bytes) * PRICES.sqsRequest,
    worker: invocations * PRICES.invocation + (workerMs * ASSUMED.workerGib * PRICES.gbSecond) / 1_000,
  };
}

/** Sent once a request; received and deleted in tens, as on a queue that is busy. */
function sqsRequests(requests: number, messages: number, bytes: number): number {
  const size = (bytes * requests) / messages;
  const together = Math.max(1, Math.min(10, Math.floor(ASSUMED.receiveBytes / size)));
  const sends = requests * Math.ceil(bytes / ASSUMED.chunkBytes);
  const receives = (messages / together) * Math.ceil((together * size) / ASSUMED.chunkBytes);
  return sends + receives + messages / 10;
}

/** The worker's time as so much for a batch, a message and an event, from the rates it reached alone. */
export function workerTimes(rates: { small: number; large: number; single: number }): Omit<Times, "request"> {
  const [few, many, ones] = [100_000 / rates.small, 5_000_000 / rates.large, 1_000_000 / rates.single];
  // Both in messages of 100 events; the price of a message is what a batch of single ones takes longer.
  const event = (many - few) / 4_900;
  const batch = Math.max(0, few - 100 * event);
  return { batch, message: Math.max(0, (ones - batch - 1_000 * event) / 1_000), event };
}

export const cost: Part = {
  name: "cost",
  run: async (bench) => {
    const times = timesOf(bench);
    const section = toSection(times);
    if (bench.scale.repeats > 1) await writeGuide(section);
    return section;
  },
};

function timesOf({ found }: Bench): Times {
  const value = (part: string, figure: string): number => {
    const values = found(part)?.figures[figure]?.values;
    if (!values)
      throw new Error(`The cost needs what the part ${part} measures (${figure}); run that first.`);
    return median(values);
  };
  return {
    request: new Map(SIZES.map((size) => [size, value("ingest", `${timeOf(size)}: ms`)])),
    ...workerTimes({
      small: value("worker", rateOf(100)),
      large: value("worker", rateOf(5_000)),
      single: value("worker", SMALL_1),
    }),
  };
}

function toSection(times: Times): Section {
  const processor = Math.min(1, (ASSUMED.ingestGib * 1_024) / ASSUMED.wholeProcessorMib);
  const measured = SIZES.map((size) => `${format(times.request.get(size) ?? 0)} ms for ${format(size)}`);
  return {
    title: "Cost",
    text: [
      `For a million events, in US dollars, apart from the databases and the network. Reckoned on ${new Date().toISOString().slice(0, 10)} from times measured on this machine: a request at ingest took ${measured.join(", ")} events; a worker ${format(times.batch)} ms a batch, ${format(times.message)} ms a message and ${format(times.event * 1_000)} µs an event.`,
      `Assumed: a processor of Lambda is as fast as one of this machine's; ingest with ${ASSUMED.ingestGib} GiB has ${format(processor)} of one; the network adds ${ASSUMED.networkMs} ms a request and ${ASSUMED.workerNetworkMs} ms a batch; an event has ${ASSUMED.eventBytes} bytes in the queue; a request leaves ${ASSUMED.logBytes} bytes of logs; the queue is busy enough to be read in tens.`,
    ],
    tables: [costTable(times)],
    charts: [],
    goals: [],
    figures: {},
  };
}

function costTable(times: Times): Table {
  return {
    head: [
      "events a request",
      "HTTP API",
      "ingest",
      "logs",
      "SQS",
      "worker",
      "together, SQS",
      "together, Redis",
    ],
    rows: SIZES.map((size) => {
      const { api, ingest, logs, sqs, worker } = costOf(size, times);
      const parts = [api, ingest, logs, sqs, worker];
      const withSqs = parts.reduce((sum, part) => sum + part, 0);
      const dollars = (value: number): string => value.toLocaleString("en", { maximumSignificantDigits: 2 });
      return [
        format(size),
        ...parts.map(dollars),
        `**${dollars(withSqs)}**`,
        `${dollars(api + ingest + logs)} + drain`,
      ];
    }),
  };
}

/** Puts the section between its marks in docs/operations.md. @throws where they are missing */
async function writeGuide({ text, tables }: Section): Promise<void> {
  const guide = await readFile(GUIDE, "utf8");
  await writeFile(GUIDE, between(guide, [text[0], ...tables.flatMap(toLines), text[1]].join("\n\n")));
}

/** @throws where the marks are missing */
export function between(guide: string, text: string): string {
  const [begin, end] = [guide.indexOf(BEGIN), guide.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("docs/operations.md has no place for the cost.");
  return `${guide.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${guide.slice(end)}`;
}

const toLines = ({ head, rows }: Table): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
};
