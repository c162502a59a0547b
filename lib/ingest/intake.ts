/**
 * The port that admits and queues requests, with an adapter for Redis Streams and one for SQS. Ingest and the worker
 * depend only on this port.
 */
import type { Context } from "@opentelemetry/api";
import type { KeyMiss, KeyReference } from "../auth/authenticate.ts";
import type { ApiRequest } from "../http/gateway.ts";
import type { Problem, ProblemCode } from "../http/problem.ts";
import type { Limit } from "../http/rate-limit.ts";
import type { GivenUp, SettledPart } from "../pending/notes.ts";
import type { Recounted } from "../queue/sqs/recount.ts";
import type { Batch } from "./batch.ts";

/** A request awaiting admission. */
export interface Submission {
  request: ApiRequest;
  key: KeyReference;
  batch: Batch;
  /** An error of the request or its body, reported only to a caller with a valid key. */
  problem: Problem | undefined;
  /** Status of the response if the request is accepted, for its audit row; by default 202. */
  acceptedStatus?: number | undefined;
  /** The trace that the request's messages belong to. */
  trace?: Context | undefined;
}

/**
 * The outcome of a valid item. `unverified`: a duplicate or a conflict, it is unknown which. `refused`: the queue did not
 * take it this time. `too-large`: the queue never takes it.
 */
export type Outcome = "accepted" | "duplicate" | "conflict" | "unverified" | "refused" | "too-large";

/** What every decided request has. */
interface Decided {
  /** The key's client; null if the key is unknown. */
  owner: string | null;
  keyPrefix: string | null;
  /** True if the audit row has been queued. If not, the code that builds the response queues it. */
  audited: boolean;
  limit: Limit | undefined;
}

/** An accepted request, with an outcome for each valid item. */
export type Admitted = Decided & { code: "ok"; outcomes: readonly Outcome[] };

export type Admission =
  | Admitted
  | (Decided & { code: "rate-limited"; waitMs: number })
  | (Decided & { code: "queue-full"; waiting: number; drainPerSecond: number })
  | (Decided & { code: "queue-unavailable"; cause: unknown })
  /** Refused for its key, its body or its size. */
  | (Decided & { code: "refused"; problem: ProblemCode });

export interface Intake {
  /**
   * Checks key, limit and duplicates, and queues new events together with the audit row, if that can be written before
   * the response is built. An id is marked as seen only when the queue has taken its event.
   */
  enqueue(submission: Submission): Promise<Admission | KeyMiss>;
  /**
   * Counts the messages that a worker has received as waiting, if Redis may have lost its notes: no recount sees them.
   * @param bodies bodies of the messages
   * @throws if Redis fails
   */
  received(bodies: readonly string[]): Promise<void>;
  /** Call after the worker's commit. Idempotent. */
  settled(parts: readonly SettledPart[], dead: readonly GivenUp[]): Promise<void>;
  /**
   * Counts what waits in the queue after Redis may have lost its notes.
   * @param forMs time since that was detected
   * @returns whether everything is counted now; `hidden` if a worker may hold messages that are not
   */
  recount(forMs: number): Promise<Recounted>;
}
