/** The answer to a request that sent events. */
import { refusal } from "../auth/authenticate.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import { type Fault, Problem, type ProblemCode } from "../http/problem.ts";
import { outageWait, queueFullWait, rateLimitHeaders, retryAfter } from "../http/rate-limit.ts";
import { decayedRate } from "../pending/lua/drain-rate.ts";
import { type Batch, costOf } from "./batch.ts";
import type { IncomingEvent } from "./event.ts";
import type { Enqueued } from "./intake.ts";

/** What of a request the answer depends on. */
export interface Asked {
  request: { id: string };
  batch: Batch;
  /** What is wrong with the body as a whole. */
  problem: Problem | undefined;
}

type Outcome = Pick<Enqueued, "code" | "outcomes" | "limit" | "extra" | "cause">;

/** @throws {Problem} every refusal of the contract */
export function toAnswer(asked: Asked, result: Outcome): ApiResponse {
  const { request, batch } = asked;
  const headers = result.limit ? rateLimitHeaders(result.limit) : {};
  if (result.code !== "ok") throw refused(asked, result, headers);

  const refusals = batch.valid.flatMap((event, item) => itemRefusal(event, result.outcomes[item]) ?? []);
  const errors = [...batch.faults, ...refusals].sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
  const accepted = count(result.outcomes, "a");
  const duplicates = count(result.outcomes, "d");
  if (accepted + duplicates === 0) {
    if (result.outcomes.includes("u")) throw unverified(headers);
    throw new Problem("no-valid-events", "No event of the request could be taken.", { errors, headers });
  }
  return json(202, taken(request.id, accepted, duplicates, errors), headers);
}

const taken = (id: string, accepted: number, duplicates: number, errors: readonly Fault[]): object => ({
  receipt_id: id,
  accepted,
  duplicates,
  rejected: errors.length,
  errors,
});

/** @param outcome the item's letter, see `Enqueued` */
function itemRefusal({ index, eventId }: IncomingEvent, outcome: string | undefined): Fault | undefined {
  const item = { index, event_id: eventId };
  switch (outcome) {
    case "c": {
      const detail = "an event with this event_id was sent before with other content; the first one stays";
      return { ...item, code: "event-conflict", pointer: "/event_id", detail, retryable: false };
    }
    case "u":
      return {
        ...item,
        code: "event-unverified",
        pointer: "/event_id",
        detail:
          "an event with this event_id was sent before, and it can't be told now whether with other content; send it again",
        retryable: true,
      };
    case "r":
      return {
        ...item,
        code: "queue-refused",
        detail: "the queue did not take the event; send it again",
        retryable: true,
      };
    case "x":
      return {
        ...item,
        code: "queue-refused",
        detail: "the event is too large for the queue",
        retryable: false,
      };
    default:
      return undefined;
  }
}

function count(outcomes: string, letter: string): number {
  let found = 0;
  for (const outcome of outcomes) if (outcome === letter) found++;
  return found;
}

const QUEUE_FULL = "The queue is full.";
const oversize = (cost: number, burst: number): string =>
  `The request costs ${cost}, and the client's burst of ${burst} never lets more pass: send it in parts of at most ${burst}.`;
const costs = (cost: number, left: number): string => `The request costs ${cost}, and ${left} are left.`;

/** No event was taken of which one might be by another try. */
const unverified = (headers: Record<string, string>): Problem =>
  new Problem("database-unavailable", "Only the database can tell whether the events were sent before.", {
    headers: { ...headers, "retry-after": outageWait() },
  });

function refused({ batch, problem }: Asked, result: Outcome, headers: Record<string, string>): Problem {
  const code = result.code as ProblemCode;
  if (code === problem?.code) {
    const errors = problem.errors ? { errors: problem.errors } : {};
    return new Problem(code, problem.message, { ...errors, headers });
  }
  if (code === "payload-too-large")
    return new Problem(code, oversize(costOf(batch), result.limit?.quota ?? 0), { headers });
  if (code === "rate-limited") {
    return new Problem(code, costs(costOf(batch), result.limit?.remaining ?? 0), {
      headers: { ...headers, "retry-after": retryAfter(Number(result.extra) / 1_000) },
    });
  }
  if (code === "queue-full") {
    const [waiting = 0, rate = 0, at = 0, now = 0] = result.extra.split(" ").map(Number);
    return new Problem(code, QUEUE_FULL, {
      headers: { ...headers, "retry-after": queueFullWait(waiting, decayedRate(rate, at, now)) },
    });
  }
  if (code === "queue-unavailable")
    return new Problem(code, "The queue took none of the events.", {
      headers: { ...headers, "retry-after": outageWait() },
      cause: result.cause,
    });
  return refusal(code, ["ingest"], result.limit);
}
