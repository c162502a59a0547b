/**
 * What AWS asks, in US dollars: us-east-1, list prices without free tiers and discounts. Taken in November 2026 from
 * copies of the AWS price pages and from price guides of February to June 2026.
 */
export const PRICES = {
  /** HTTP API, a request, each 512 KiB begun. */
  httpApi: 1.0 / 1e6,
  /** Lambda, an invocation. */
  invocation: 0.2 / 1e6,
  /** Lambda on arm64, a GB-s. */
  gbSecond: 0.0000133334,
  /** SQS, a request, each 64 KiB begun. */
  sqsRequest: 0.4 / 1e6,
  /** CloudWatch Logs, a GB taken in. */
  logGb: 0.5,
} as const;

/** What the model takes for given; none of it is measured here. */
export const ASSUMED = {
  /** Bytes of an event in the queue. */
  eventBytes: 400,
  /** Bytes of logs for a request: the access log and Lambda's three lines. */
  logBytes: 800,
  /** Milliseconds on the network within AWS that a request of ingest adds to what was measured on one machine. */
  networkMs: 1,
  /** The same for a batch of the worker: its statements, one after the other. */
  workerNetworkMs: 5,
  /** Memory of ingest and of the worker, in GiB, as in serverless.yml. */
  ingestGib: 1,
  workerGib: 1_769 / 1_024,
  /** From so many MiB on a function has a whole processor, below that its share of one. */
  wholeProcessorMib: 1_769,
  /** Bytes of one SQS message at the most, of a request to SQS, and of what a request costs one. */
  messageBytes: 262_144,
  receiveBytes: 1_048_576,
  chunkBytes: 65_536,
  /** Messages, and bytes, of one invocation of the worker at the most. */
  batchMessages: 500,
  batchBytes: 6_000_000,
} as const;
