/**
 * AWS prices in US dollars: us-east-1, list prices without free tiers and discounts. Collected in November 2026 from
 * copies of the AWS price pages and from price guides of February to June 2026. No source for a surcharge on fair queues
 * was found, neither for one nor against it, so none is included.
 */
export const PRICES = {
  /** HTTP API: per request and 512 KiB or part of it. */
  httpApi: 1.0 / 1e6,
  /** Lambda: per invocation. */
  invocation: 0.2 / 1e6,
  /** Lambda on arm64: per GB-second. */
  gbSecond: 0.0000133334,
  /** SQS: per request and 64 KiB or part of it. */
  sqsRequest: 0.4 / 1e6,
  /** CloudWatch Logs: per GB ingested. */
  logGb: 0.5,
} as const;

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
