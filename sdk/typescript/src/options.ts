import type { SendError } from "./errors.ts";
import type { components } from "./generated/openapi.ts";
import type { ConnectionOptions } from "./http.ts";

export interface SenderOptions extends ConnectionOptions {
  /** Most events in a request, at most and by default 1,000. */
  maxBatchEvents?: number;
  /** Most bytes in a request before compression; at most 1,048,576, by default 1,000,000. */
  maxBatchBytes?: number;
  /** Longest wait for more events before a request; by default 200 ms. */
  lingerMs?: number;
  /** Compresses requests; by default true. */
  gzip?: boolean;
  /** Most requests at the same time; by default 4. After a failure it is 1 until a request succeeds. */
  maxInFlight?: number;
  /** Most events in memory; by default 10,000. */
  maxBufferedEvents?: number;
  /** Most bytes of events in memory, exceeded by at most one event; by default 32 MiB. */
  maxBufferedBytes?: number;
  /**
   * What `send` does with a full buffer: `reject` (the default) with a `SendError`, or `wait`. A waiting event is in addition
   * to the buffer, so await `send` or `ready` to bound memory.
   */
  whenFull?: "reject" | "wait";
  /** Longest wait for one response; by default 30 s. */
  requestTimeoutMs?: number;
  /** Limit of the first wait after a failure; it doubles with each further one. By default 250 ms. */
  minBackoffMs?: number;
  /** Longest wait after a failure; by default 30 s. A longer `Retry-After` is respected. */
  maxBackoffMs?: number;
  /** How long the exit of the process, or a signal, waits for events to be delivered; by default 30 s. Node only. */
  exitTimeoutMs?: number;
  /** Signals, such as SIGTERM, that close the sender and then end the process. Node only. */
  closeOnSignals?: readonly string[];
  /** Gets each event that was not delivered. The promise of `send` may then be ignored. */
  onUndelivered?: (error: SendError) => void;
  /** Gets each response that confirms events. */
  onConfirmed?: (confirmation: Confirmation) => void;
  /** Gets the reason for each wait: a `WeirError`, or what `fetch` rejected with. */
  onRetry?: (cause: unknown, waitMs: number) => void;
}

/** A response that confirms events: how many were new, and the receipt that tells what becomes of those. */
export type Confirmation = components["schemas"]["Accepted"];

/** The outcome of an event: durably queued, or known from before. */
export interface Delivery {
  event_id: string;
  timestamp: string;
  /** Receipt of the request that confirmed the event. */
  receipt_id: string;
}

export interface WaitOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

const POSITIVE = [
  "maxBatchEvents",
  "maxBatchBytes",
  "maxInFlight",
  "maxBufferedEvents",
  "maxBufferedBytes",
  "requestTimeoutMs",
  "minBackoffMs",
  "maxBackoffMs",
] as const;

/** Largest request that the API takes. */
const LIMITS = { maxBatchEvents: 1_000, maxBatchBytes: 1_048_576 } as const;

/** @throws {RangeError} if a limit is not positive or larger than the API allows */
export function withDefaults(options: SenderOptions) {
  const complete = {
    maxBatchEvents: LIMITS.maxBatchEvents as number,
    maxBatchBytes: 1_000_000,
    lingerMs: 200,
    gzip: true,
    maxInFlight: 4,
    maxBufferedEvents: 10_000,
    maxBufferedBytes: 32 * 1_048_576,
    whenFull: "reject" as const,
    requestTimeoutMs: 30_000,
    minBackoffMs: 250,
    maxBackoffMs: 30_000,
    exitTimeoutMs: 30_000,
    ...withoutUndefined(options),
  };
  for (const name of POSITIVE)
    if (!(complete[name] > 0)) throw new RangeError(`${name} must be positive; it is ${complete[name]}.`);
  for (const [name, most] of Object.entries(LIMITS) as [keyof typeof LIMITS, number][])
    if (complete[name] > most)
      throw new RangeError(`${name} must be at most ${most}; it is ${complete[name]}.`);
  return complete;
}

/** An option that is present but undefined means the default. */
const withoutUndefined = (options: SenderOptions): SenderOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
