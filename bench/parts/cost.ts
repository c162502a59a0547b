/** Computes costs from measured times and AWS list prices: a model, not a bill. The result is in docs/operations.md. */
import { readFile, writeFile } from "node:fs/promises";
import type { Bench, Part, Section, Table } from "../part.ts";
import { ASSUMED, dollarsFor, PRICES, type Price } from "../prices.ts";
import { format, median } from "../statistics.ts";
import { timeOf } from "./ingest.ts";
import { rateOf, SMALL_1 } from "./worker.ts";

/** Events per request. */
const SIZES = [1, 10, 100, 1_000];
const EVENTS = 1_000_000;
const GUIDE = new URL("../../docs/operations.md", import.meta.url);
const [BEGIN, END] = ["<!-- made by `npm run bench`: begin -->", "<!-- made by `npm run bench`: end -->"];

/** Measured times, in milliseconds. */
export interface Times {
  /** Time of an ingest request, by its number of events. */
  request: ReadonlyMap<number, number>;
  /** Time of the worker per batch, per message and per event. */
  batch: number;
  message: number;
  event: number;
}

/** Dollars per million events, by service. */
export interface Cost {
  api: number;
  ingest: number;
  logs: number;
  sqs: number;
  /** What fair queues add to it. */
  fair: number;
  worker: number;
}

/** @param size events per request */
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
  const sqs = sqsRequests(requests, messages, bytes);
  return {
    api: requests * Math.ceil(bytes / 524_288) * dollarsFor("httpApi"),
    ingest:
      requests * dollarsFor("invocation") +
      (requests * requestMs * ASSUMED.ingestGib * dollarsFor("gbSecond")) / 1_000,
    logs: (requests * ASSUMED.logBytes * dollarsFor("logGb")) / 1e9,
    sqs: sqs * dollarsFor("sqsRequest"),
    fair: sqs * dollarsFor("fairRequest"),
    worker:
      invocations * dollarsFor("invocation") +
      (workerMs * ASSUMED.workerGib * dollarsFor("gbSecond")) / 1_000,
  };
}

/** Sent once per request; received and deleted in batches of ten, as on a busy queue. */
function sqsRequests(requests: number, messages: number, bytes: number): number {
  const size = (bytes * requests) / messages;
  const together = Math.max(1, Math.min(10, Math.floor(ASSUMED.receiveBytes / size)));
  const sends = requests * Math.ceil(bytes / ASSUMED.chunkBytes);
  const receives = (messages / together) * Math.ceil((together * size) / ASSUMED.chunkBytes);
  return sends + receives + messages / 10;
}

/** Splits the worker's time into a part per batch, per message and per event, from the rates of a single worker. */
export function workerTimes(rates: { small: number; large: number; single: number }): Omit<Times, "request"> {
  const [few, many, ones] = [100_000 / rates.small, 5_000_000 / rates.large, 1_000_000 / rates.single];
  // Both use messages of 100 events; the time per message is what a batch of one-event messages takes longer.
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

/** The times that the parts ingest and worker have measured. @throws if one of them has not run */
export function timesOf({ found }: Pick<Bench, "found">): Times {
  const value = (part: string, figure: string): number => {
    const values = found(part)?.figures[figure]?.values;
    if (!values)
      throw new Error(`The cost requires a figure of the part ${part} (${figure}); run that part first.`);
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
      `US dollars per million events, without the databases and the network. Computed on ${new Date().toISOString().slice(0, 10)} from times measured on this machine: a request at ingest took ${measured.join(", ")} events; a worker ${format(times.batch)} ms a batch, ${format(times.message)} ms a message and ${format(times.event * 1_000)} µs an event.`,
      `Assumptions: a Lambda vCPU is as fast as one of this machine's cores; ingest with ${ASSUMED.ingestGib} GiB has ${format(processor)} of a vCPU; the network adds ${ASSUMED.networkMs} ms a request and ${ASSUMED.workerNetworkMs} ms a batch; an event has ${ASSUMED.eventBytes} bytes in the queue; a request writes ${ASSUMED.logBytes} bytes of logs, ${ASSUMED.accessLogBytes} of them in the access log of the gateway; the queue is busy enough to be read in batches of ten.`,
    ],
    tables: [costTable(times), priceTable()],
    charts: [],
    goals: [],
    figures: {},
  };
}

function costTable(times: Times): Table {
  return {
    head: [
      "events per request",
      "HTTP API",
      "ingest",
      "logs",
      "SQS",
      "fair queues",
      "worker",
      "total, SQS",
      "total, SQS, function URL",
      "total, Redis",
    ],
    rows: SIZES.map((size) => {
      const { api, ingest, logs, sqs, fair, worker } = costOf(size, times);
      const parts = [api, ingest, logs, sqs, fair, worker];
      const withSqs = parts.reduce((sum, part) => sum + part, 0);
      const dollars = (value: number): string => value.toLocaleString("en", { maximumSignificantDigits: 2 });
      return [
        format(size),
        ...parts.map(dollars),
        `**${dollars(withSqs)}**`,
        dollars(withSqs - api - accessLog(size)),
        `${dollars(api + ingest + logs)} + drain`,
      ];
    }),
  };
}

const priceTable = (): Table => ({
  head: ["$", "for", "source"],
  rows: Object.values<Price>(PRICES).map(({ dollars, per: { count, unit }, source }) => [
    // Not in the form 1.3e-5.
    dollars.toLocaleString("en", { maximumFractionDigits: 12 }),
    count === 1 ? unit : `${count.toLocaleString("en")} ${unit}`,
    source,
  ]),
});

/** Dollars for the gateway's access log, which a function URL does not write. @param size events per request */
const accessLog = (size: number): number =>
  ((EVENTS / size) * ASSUMED.accessLogBytes * dollarsFor("logGb")) / 1e9;

/** Writes the section between its markers in docs/operations.md. @throws if they are missing */
async function writeGuide({ text, tables }: Section): Promise<void> {
  const guide = await readFile(GUIDE, "utf8");
  const [costs, ...others] = tables.map(toLines);
  await writeFile(GUIDE, between(guide, [text[0], costs, text[1], ...others].join("\n\n")));
}

/** @throws if the markers are missing */
export function between(guide: string, text: string): string {
  const [begin, end] = [guide.indexOf(BEGIN), guide.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("docs/operations.md has no markers for the cost.");
  return `${guide.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${guide.slice(end)}`;
}

const toLines = ({ head, rows }: Table): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
};
