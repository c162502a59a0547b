/**
 * Emulates the AWS event source mapping: polls the queue, invokes the worker function through serverless-offline's
 * Lambda endpoint with batches in SQS format, and honours partial failures. `serverless-offline-sqs` does not: it deletes every
 * message of a batch, whatever the handler reports.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import * as z from "zod";
import type { Message, Queue } from "../lib/queue/port.ts";
import { Pump } from "../lib/queue/pump.ts";
import { encodeText } from "../lib/queue/sqs/text.ts";
import type { BatchResponse } from "../lib/worker/drain-records.ts";

/** serverless-offline accepts 6 MiB, as Lambda does; the rest is room for the envelope's escapes. */
const MAX_PAYLOAD_BYTES = 5 * 1024 * 1024;
/** Also the longest that a stop waits for an idle poller. */
const WAIT_MS = 500;
const FIRST_PAUSE_MS = 200;
const LONGEST_RECEIVE_PAUSE_MS = 1_000;
const LONGEST_INVOKE_PAUSE_MS = 10_000;
const ARN = "arn:aws:sqs:us-east-1:000000000000:weir-events";

export interface EventSource {
  /** Resolves when running invocations have ended and their messages are settled. */
  stop(): Promise<void>;
}

export interface EventSourceOptions {
  /** Creates the queue of one poller: blocking reads need their own connection. */
  createQueue: () => Queue;
  /** Calls the worker. Rejects if the invocation itself fails, for which no single message is at fault. */
  invoke: (event: SQSEvent) => Promise<SQSBatchResponse & Partial<BatchResponse>>;
  log: (line: string) => void;
  /** Number of concurrent batches. */
  pollers?: number;
  maxMessages?: number;
}

/** Starts polling at once. */
export function startEventSource(options: EventSourceOptions): EventSource {
  const { createQueue, invoke, log, pollers = 2, maxMessages = 200 } = options;
  const stopping = new AbortController();
  const loops = Array.from({ length: pollers }, async () => {
    const queue = createQueue();
    await poll({ queue, invoke, log, maxMessages, signal: stopping.signal }).finally(() => queue.close());
  });
  return {
    stop: async () => {
      stopping.abort();
      await Promise.allSettled(loops);
    },
  };
}

interface Poll {
  queue: Queue;
  invoke: EventSourceOptions["invoke"];
  log: EventSourceOptions["log"];
  maxMessages: number;
  signal: AbortSignal;
}

async function poll({ queue, invoke, log, maxMessages, signal }: Poll): Promise<void> {
  let faults = 0;
  const rest = async (what: string, error: unknown, longestMs: number): Promise<void> => {
    const pauseMs = backoffMs(faults++, longestMs);
    log(`Event source: ${what} (${reason(error)}); retrying in ${Math.round(pauseMs)} ms`);
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  };
  let invokeError: unknown;
  const pump = new Pump(queue, {
    maxMessages,
    maxBytes: MAX_PAYLOAD_BYTES,
    sizeOf: recordBytes,
    prepare: (messages) => Promise.resolve(messages),
    process: async (batch) => {
      const { batchItemFailures, untried = [] } = await invoke(toSqsEvent(batch)).catch((error: unknown) => {
        invokeError = error;
        throw error;
      });
      const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
      return { failed: failed.filter((id) => !untried.includes(id)), untried, closing: Promise.resolve() };
    },
  });
  while (!signal.aborted) {
    try {
      await pump.step(WAIT_MS, true);
      faults = 0;
    } catch (error) {
      await (error === invokeError
        ? rest("a batch was not processed", error, LONGEST_INVOKE_PAUSE_MS)
        : rest("the queue does not answer", error, LONGEST_RECEIVE_PAUSE_MS));
    }
  }
  await pump
    .stop()
    .catch((error: unknown) => log(`Event source: the queue does not answer (${reason(error)})`));
}

/** Doubles from 0.2 s; half of it is random, so that pollers do not synchronize. */
const backoffMs = (faults: number, longestMs: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** faults, longestMs) * (0.5 + Math.random() / 2);

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Size as JSON text, with room for the surrounding record. */
const recordBytes = ({ body }: Message): number => Buffer.byteLength(JSON.stringify(body)) + 500;

/** The messages as Lambda passes them to a function that SQS triggers. */
export function toSqsEvent(messages: readonly Message[]): SQSEvent {
  return { Records: messages.map(toRecord) };
}

const toRecord = ({ id, body, deliveries, sentAt }: Message): SQSRecord => ({
  messageId: id,
  receiptHandle: id,
  // Encoded as in SQS, whatever the queue: the worker reads only this encoding.
  body: encodeText(body),
  attributes: {
    ApproximateReceiveCount: String(deliveries),
    SentTimestamp: String(sentAt),
    SenderId: "weir",
    ApproximateFirstReceiveTimestamp: String(Date.now()),
  },
  messageAttributes: {},
  md5OfBody: "",
  eventSource: "aws:sqs",
  eventSourceARN: ARN,
  awsRegion: "us-east-1",
});

const responseSchema = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).default([]),
  untried: z.array(z.string()).default([]),
});

/** The message of the function's error, without its stack; otherwise the start of serverless-offline's response. */
function errorMessage(text: string): string {
  const thrown = z
    .object({ errorMessage: z.string() })
    .safeParse(text.startsWith("{") ? JSON.parse(text) : {});
  return thrown.success ? thrown.data.errorMessage : text.slice(0, 200);
}

/**
 * Invokes a function through serverless-offline's Lambda API.
 * @param url the function's `…/invocations`
 * @param timeoutMs after which the invocation counts as failed
 * @returns a function that rejects if the endpoint is unreachable or the function throws
 */
export function invokeOver(url: string, timeoutMs: number): EventSourceOptions["invoke"] {
  return async (event) => {
    const body = JSON.stringify(event);
    const response = await fetch(url, { method: "POST", body, signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    // Like Lambda, serverless-offline answers 200 with this header if the function threw.
    if (!response.ok || response.headers.has("x-amz-function-error"))
      throw new Error(`the worker failed: ${errorMessage(text)}`);
    return responseSchema.parse(text === "" ? {} : JSON.parse(text));
  };
}
