/**
 * How accepted events get from the door into the queue, and out of the notes when they have been settled. Redis Streams
 * and SQS each have a way of their own; the door and the worker know only this.
 */
import type { PresentedKey } from "../auth/authenticate.ts";
import type { ApiRequest } from "../http/gateway.ts";
import type { Problem } from "../http/problem.ts";
import type { Limit } from "../http/rate-limit.ts";
import type { GivenUp, SettledPart } from "../pending/notes.ts";
import type { Recounted } from "../queue/sqs/recount.ts";
import type { Batch } from "./batch.ts";

/** A request at the door. */
export interface Submission {
  request: ApiRequest;
  key: PresentedKey;
  batch: Batch;
  /** What is wrong with the body as a whole; told only to a caller whose key is good. */
  problem: Problem | undefined;
}

/** What became of it. */
export interface Enqueued {
  /** `ok`, a problem's code, or what `withKey` understands. */
  code: string;
  /** The client to look at instead, for `withKey`. */
  clientId?: string;
  /** The client whose key it was; null where that is not known. */
  owner: string | null;
  keyPrefix: string | null;
  /** The audit row is on its way. Where it is not, whoever builds the answer is to queue it. */
  audited: boolean;
  /**
   * A letter for each valid item: a accepted, d duplicate, c conflict, u duplicate or conflict, not known which; r refused
   * by the queue for now, x for good (an event that is too large for it).
   */
  outcomes: string;
  limit: Limit | undefined;
  /** Wait in ms of `rate-limited`; events and drain rate of `queue-full`. */
  extra: string;
  /** Why the queue was unavailable, for the log. */
  cause?: unknown;
}

export interface Intake {
  /**
   * Checks key, limit and duplicates, and queues what is new together with the audit row, where that can be written
   * before the answer is built. An id is marked as seen only when the queue has taken its event.
   */
  enqueue(submission: Submission): Promise<Enqueued>;
  /**
   * Counts as waiting what a worker has received, where Redis may have lost its notes: no recount can see that.
   * @param bodies of messages
   * @throws when Redis fails
   */
  received(bodies: readonly string[]): Promise<void>;
  /** After the worker's commit. Saying the same again changes nothing. */
  settled(parts: readonly SettledPart[], dead: readonly GivenUp[]): Promise<void>;
  /**
   * Counts what waits in the queue where Redis may have lost its notes.
   * @param forMs how long that has been known
   * @returns whether all is counted now; `hidden` where a worker may have some that is not
   */
  recount(forMs: number): Promise<Recounted>;
}
