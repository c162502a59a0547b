/**
 * The front door: check the body, then let the intake check key, limit and duplicates and queue what is new: on Redis one
 * atomic round trip, on SQS one before and one after it. No PostgreSQL on this path.
 */
import { presentedKey, refusal, withKey } from "./auth.ts";
import { type Batch, readBatch } from "./batch.ts";
import type { Deps } from "./deps.ts";
import type { Enqueued } from "./enqueue/enqueue.ts";
import { outage } from "./errors.ts";
import type { IncomingEvent } from "./event.ts";
import { type ApiRequest, type ApiResponse, json } from "./http.ts";
import { outageWait, queueFullWait, rateLimitHeaders, retryAfter } from "./limit.ts";
import { type Fault, Problem, type ProblemCode } from "./problem.ts";
import { decayedRate } from "./redis/acknowledge.ts";

/**
 * Takes the events of a request.
 * @param audited told once the audit row is on its way, which travels with the events
 * @throws {Problem} every refusal of the contract
 */
export async function ingest(request: ApiRequest, deps: Deps, audited: () => void): Promise<ApiResponse> {
  const key = presentedKey(request.headers["x-api-key"]);
  const { batch, problem } = readOrRefuse(request, deps);
  const submission = { request, key, batch, problem };
  const result = await withKey(deps, key, () => deps.intake.enqueue(submission)).catch(outage("queue"));
  audited();
  return answer(request, result, batch, problem);
}

/** What is wrong with the body is told only to a caller whose key is good, so it waits for the script's verdict. */
function readOrRefuse(request: ApiRequest, { config }: Deps): { batch: Batch; problem: Problem | undefined } {
  try {
    const batch = readBatch(request, config.retentionDays);
    return { batch, problem: batch.valid.length > 0 ? undefined : nothingValid(batch.faults) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { batch: { valid: [], faults: [] }, problem: error };
  }
}

const nothingValid = (errors: readonly Fault[]): Problem =>
  new Problem("no-valid-events", `None of the ${errors.length} events of the request is valid.`, { errors });

function answer(
  request: ApiRequest,
  result: Enqueued,
  batch: Batch,
  problem: Problem | undefined,
): ApiResponse {
  const headers = result.limit ? rateLimitHeaders(result.limit) : {};
  if (result.code !== "ok") throw refused(result, batch, problem, headers);

  const refusals = batch.valid.flatMap((event, item) => itemRefusal(event, result.outcomes[item]) ?? []);
  const errors = [...batch.faults, ...refusals].sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
  const accepted = count(result.outcomes, "a");
  const duplicates = count(result.outcomes, "d");
  if (accepted + duplicates === 0) {
    throw new Problem("no-valid-events", "No event of the request could be taken.", { errors, headers });
  }
  return json(
    202,
    { receipt_id: request.id, accepted, duplicates, rejected: errors.length, errors },
    headers,
  );
}

/** @param outcome the item's letter, see `Enqueued` */
function itemRefusal({ index, eventId }: IncomingEvent, outcome: string | undefined): Fault | undefined {
  const item = { index, event_id: eventId };
  switch (outcome) {
    case "c": {
      const detail = "an event with this event_id was sent before with other content; the first one stays";
      return { ...item, code: "event-conflict", pointer: "/event_id", detail, retryable: false };
    }
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

function refused(
  result: Enqueued,
  batch: Batch,
  problem: Problem | undefined,
  headers: Record<string, string>,
): Problem {
  const code = result.code as ProblemCode;
  if (code === problem?.code) {
    const errors = problem.errors ? { errors: problem.errors } : {};
    return new Problem(code, problem.message, { ...errors, headers });
  }
  if (code === "rate-limited") {
    const size = batch.valid.length + batch.faults.length;
    const split = size > (result.limit?.quota ?? size) ? " A batch of this size never passes: split it." : "";
    const detail = `The request costs ${Math.max(1, size)}, and ${result.limit?.remaining ?? 0} are left.${split}`;
    return new Problem(code, detail, {
      headers: { ...headers, "retry-after": retryAfter(Number(result.extra) / 1_000) },
    });
  }
  if (code === "queue-full") {
    const [waiting = 0, rate = 0, at = 0, now = 0] = result.extra.split(" ").map(Number);
    return new Problem(code, "The queue is full.", {
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
