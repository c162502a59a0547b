/**
 * The port behind which requests are admitted and queued, with an adapter for Redis Streams and one for SQS. Ingest and the
 * worker know only this.
 */
import type { KeyMiss, PresentedKey } from "../auth/authenticate.ts";
import type { ApiRequest } from "../http/gateway.ts";
import type { Problem, ProblemCode } from "../http/problem.ts";
import type { Limit } from "../http/rate-limit.ts";
import type { GivenUp, SettledPart } from "../pending/notes.ts";
import type { Recounted } from "../queue/sqs/recount.ts";
import type { Batch } from "./batch.ts";

/** A request awaiting admission. */
export interface Submission {
  request: ApiRequest;
  key: PresentedKey;
  batch: Batch;
  /** What is wrong with the body as a whole; told only to a caller whose key is good. */
  problem: Problem | undefined;
}

/**
 * What becomes of a valid item. `unverified`: a duplicate or a conflict, which of them is not known. `refused`: the queue did
 * not take it this time. `too-large`: the queue never takes it.
 */
export type Outcome = "accepted" | "duplicate" | "conflict" | "unverified" | "refused" | "too-large";

/** What is known of any request that was decided on. */
interface Decided {
  /** The client whose key it was; null if the key is not known. */
  owner: string | null;
  keyPrefix: string | null;
  /** True if the audit row has been queued. If not, whoever builds the answer queues it. */
  audited: boolean;
  limit: Limit | undefined;
}

/** A request that was taken, with an outcome for each valid item. */
export type Admitted = Decided & { code: "ok"; outcomes: readonly Outcome[] };

export type Admission =
  | Admitted
  | (Decided & { code: "rate-limited"; waitMs: number })
  | (Decided & { code: "queue-full"; waiting: number; drainPerSecond: number })
  | (Decided & { code: "queue-unavailable"; cause: unknown })
  /** For its key, its body or its size. */
  | (Decided & { code: "refused"; problem: ProblemCode });

export interface Intake {
  /**
   * Checks key, limit and duplicates, and queues what is new together with the audit row, where that can be written
   * before the answer is built. An id is marked as seen only when the queue has taken its event.
   */
  enqueue(submission: Submission): Promise<Admission | KeyMiss>;
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
