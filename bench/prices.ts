/** AWS list prices in us-east-1, without free tiers and discounts. AWS' own pages were not reachable: each has its source. */

export interface Price {
  dollars: number;
  /** What the dollars are for, and how many of it. */
  per: { count: number; unit: string };
  /** Where the figure is from, and as of when. */
  source: string;
}

const SQS = "guide cloudburn.io, 14 March 2026";

export const PRICES = {
  httpApi: {
    dollars: 1,
    per: { count: 1e6, unit: "requests to an HTTP API, per 512 KB begun" },
    source: "guide go-cloud.io, 2026",
  },
  invocation: {
    dollars: 0.2,
    per: { count: 1e6, unit: "invocations of Lambda" },
    source: "guide wring.co, 8 March 2026",
  },
  gbSecond: {
    dollars: 0.0000133334,
    per: { count: 1, unit: "GB-second of Lambda on arm64" },
    source: "guide wring.co, 8 March 2026",
  },
  sqsRequest: {
    dollars: 0.4,
    per: { count: 1e6, unit: "requests to SQS, per 64 KB begun" },
    source: `${SQS}; guide factualminds.com, 13 June 2026`,
  },
  /** In addition. The guide does not say which requests, so it is added to all. */
  fairRequest: {
    dollars: 0.1,
    per: { count: 1e6, unit: "requests to SQS with fair queues, in addition" },
    source: `${SQS}, the only source found`,
  },
  logGb: {
    dollars: 0.5,
    per: { count: 1, unit: "GB of CloudWatch Logs" },
    source: "guide factualminds.com, 13 June 2026",
  },
  alarm: {
    dollars: 0.1,
    per: { count: 1, unit: "alarm a month" },
    source: "price list c3x.dev, undated, read on 29 November 2026",
  },
  metric: {
    dollars: 0.3,
    per: { count: 1, unit: "custom metric a month" },
    source: "guide signoz.io, 15 February 2026",
  },
  secret: {
    dollars: 0.4,
    per: { count: 1, unit: "secret a month" },
    source: "hivebook.wiki, undated, read on 29 November 2026",
  },
} as const satisfies Record<string, Price>;

/** Dollars for one. */
export const dollarsFor = (name: keyof typeof PRICES): number =>
  PRICES[name].dollars / PRICES[name].per.count;

/** Assumptions of the model; not measured here. */
export const ASSUMED = {
  /** Bytes per event in the queue. */
  eventBytes: 400,
  /** Bytes of logs per request: the access log and Lambda's three lines. */
  logBytes: 800,
  /** Of these, the access log of API Gateway. */
  accessLogBytes: 300,
  /** Milliseconds that the network within AWS adds to an ingest request measured on one machine. */
  networkMs: 1,
  /** The same for a batch of the worker: its consecutive statements. */
  workerNetworkMs: 5,
  /** Memory of ingest and of the worker, in GiB, as in serverless.yml. */
  ingestGib: 1,
  workerGib: 1_769 / 1_024,
  /** Memory in MiB from which a function has a full processor; below, it has a proportional share. */
  wholeProcessorMib: 1_769,
  /** Maximum bytes of an SQS message and of a request to SQS, and the bytes billed as one request. */
  messageBytes: 262_144,
  receiveBytes: 1_048_576,
  chunkBytes: 65_536,
  /** Maximum messages and bytes of one invocation of the worker. */
  batchMessages: 500,
  batchBytes: 6_000_000,
} as const;
