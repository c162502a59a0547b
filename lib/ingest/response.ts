/** The response to a request that sends events. */
import { refusal } from "../auth/authenticate.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import { type Fault, Problem } from "../http/problem.ts";
import { outageWait, queueFullWait, rateLimitHeaders, retryAfter } from "../http/rate-limit.ts";
import { costOf } from "./batch.ts";
import type { IncomingEvent } from "./event.ts";
import type { Admission, Admitted, Outcome, Submission } from "./intake.ts";

/** @throws {Problem} every error of the contract */
export function toAnswer(
  submission: Pick<Submission, "request" | "batch" | "problem">,
  admission: Admission,
): ApiResponse {
  const { request, batch } = submission;
  const headers = admission.limit ? rateLimitHeaders(admission.limit) : {};
  if (admission.code !== "ok") throw refused(submission, admission, headers);

  const { outcomes } = admission;
  const refusals = batch.valid.flatMap((event, item) => itemRefusal(event, outcomes[item]) ?? []);
  const errors = [...batch.faults, ...refusals].sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
  const accepted = count(outcomes, "accepted");
  const duplicates = count(outcomes, "duplicate");
  if (accepted + duplicates === 0 && errors.length > 0) {
    if (outcomes.includes("unverified")) throw unverified(headers);
    throw new Problem("no-valid-events", "No event in the request was accepted.", { errors, headers });
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

function itemRefusal({ index, eventId }: IncomingEvent, outcome: Outcome | undefined): Fault | undefined {
  const item = { index, event_id: eventId };
  switch (outcome) {
    case "conflict": {
      const detail =
        "an event with this event_id was already sent with other content; the first event stays unchanged";
      return { ...item, code: "event-conflict", pointer: "/event_id", detail, retryable: false };
    }
    case "unverified":
      return {
        ...item,
        code: "event-unverified",
        pointer: "/event_id",
        detail:
          "an event with this event_id was already sent, and its content can't be compared now; send it again",
        retryable: true,
      };
    case "refused":
      return {
        ...item,
        code: "queue-refused",
        detail: "the queue did not accept the event; send it again",
        retryable: true,
      };
    case "too-large":
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

const count = (outcomes: readonly Outcome[], wanted: Outcome): number =>
  outcomes.reduce((sum, outcome) => sum + (outcome === wanted ? 1 : 0), 0);

const oversize = (cost: number, burst: number): string =>
  `The request costs ${cost}, more than the client's burst of ${burst}: split it into requests of at most ${burst} events.`;
const costs = (cost: number, left: number): string =>
  `The request costs ${cost}, but the rate limit has only ${left} left.`;

/** No event was accepted, but a retry might be. */
const unverified = (headers: Record<string, string>): Problem =>
  new Problem(
    "database-unavailable",
    "The events can't be compared with earlier events of the same ids while the database is unavailable.",
    {
      headers: { ...headers, "retry-after": outageWait() },
    },
  );

function refused(
  { batch, problem }: Pick<Submission, "batch" | "problem">,
  admission: Exclude<Admission, Admitted>,
  headers: Record<string, string>,
): Problem {
  switch (admission.code) {
    case "rate-limited":
      return new Problem(admission.code, costs(costOf(batch), admission.limit?.remaining ?? 0), {
        headers: { ...headers, "retry-after": retryAfter(admission.waitMs / 1_000) },
      });
    case "queue-full":
      return new Problem(admission.code, "The queue is full.", {
        headers: { ...headers, "retry-after": queueFullWait(admission.waiting, admission.drainPerSecond) },
      });
    case "queue-unavailable":
      return new Problem(admission.code, "The queue did not confirm any of the events.", {
        headers: { ...headers, "retry-after": outageWait() },
        cause: admission.cause,
      });
    case "refused":
      break;
  }
  const code = admission.problem;
  if (code === problem?.code) {
    const errors = problem.errors ? { errors: problem.errors } : {};
    return new Problem(code, problem.message, { ...errors, headers });
  }
  if (code === "payload-too-large")
    return new Problem(code, oversize(costOf(batch), admission.limit?.quota ?? 0), { headers });
  return refusal(code, ["ingest"], admission.limit);
}
