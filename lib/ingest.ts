/**
 * The front door: check the body, then one atomic round trip to Redis that checks the key, charges the limit, splits
 * new from duplicate ids and enqueues. No PostgreSQL on this path.
 */
import { type PresentedKey, presentedKey, refusal, stranger, toLimit, withKey } from "./auth.ts";
import { type Batch, readBatch } from "./batch.ts";
import type { Deps } from "./deps.ts";
import { outage } from "./errors.ts";
import { type ApiRequest, type ApiResponse, auditOf, json } from "./http.ts";
import { type Limit, queueFullWait, rateLimitHeaders, retryAfter } from "./limit.ts";
import { openHeader } from "./message.ts";
import { type Fault, Problem, type ProblemCode } from "./problem.ts";
import { RATE_TIME_CONSTANT_S } from "./redis/acknowledge.ts";
import { enqueueScript } from "./redis/enqueue.ts";
import {
  ACCEPTED_KEY,
  apiKeyKey,
  clientKey,
  limitKey,
  QUEUE_KEY,
  RECEIPTS_KEY,
  STATS_KEY,
  seenKey,
} from "./redis/keys.ts";

interface Enqueued {
  code: string;
  clientId?: string;
  /** A letter for each valid item: a accepted, d duplicate, c conflict. */
  outcomes: string;
  limit: Limit | undefined;
  extra: string;
}

/**
 * Takes the events of a request.
 * @param audited told once the audit row is on its way, which the enqueueing script writes itself
 * @throws {Problem} every refusal of the contract
 */
export async function ingest(request: ApiRequest, deps: Deps, audited: () => void): Promise<ApiResponse> {
  const key = presentedKey(request.headers["x-api-key"]);
  const { batch, problem } = readOrRefuse(request, deps);
  const result = await enqueue(request, deps, key, batch, problem);
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

async function enqueue(
  request: ApiRequest,
  deps: Deps,
  key: PresentedKey,
  batch: Batch,
  problem: Problem | undefined,
): Promise<Enqueued> {
  const { config, redis } = deps;
  const head = openHeader(
    { id: request.id, at: request.receivedAt },
    { ...auditOf(request), bytes_out: null },
  );
  const cost = Math.max(1, batch.valid.length + batch.faults.length);
  const run = async (): Promise<Enqueued> => {
    const args: (string | number)[] = [key.clientId, "ingest", head, request.id, request.receivedAt];
    args.push(problem?.status ?? "", problem?.code ?? "", cost);
    args.push(
      config.dedupWindowSeconds * 1_000,
      config.queueMaxEvents,
      JSON.stringify(stranger(key).keyPrefix),
    );
    for (const event of batch.valid) args.push(event.seenId, event.digest, event.line);
    const reply = (await enqueueScript(redis, scriptKeys(key), args)) as [
      string,
      string,
      ...(number | string)[],
    ];
    const [code, outcomes = "", quota, window, remaining, reset, extra = ""] = reply;
    const limit = quota === undefined ? undefined : toLimit([quota, window, remaining, reset].map(Number));
    return { code, outcomes, limit, extra: String(extra), clientId: String(extra) };
  };
  return withKey(deps, key, run).catch(outage("queue"));
}

const scriptKeys = ({ hash, clientId }: PresentedKey): string[] => [
  apiKeyKey(hash),
  clientKey(clientId),
  limitKey(clientId),
  seenKey(clientId, 0),
  seenKey(clientId, 1),
  QUEUE_KEY,
  STATS_KEY,
  RECEIPTS_KEY,
  ACCEPTED_KEY,
];

function answer(
  request: ApiRequest,
  result: Enqueued,
  batch: Batch,
  problem: Problem | undefined,
): ApiResponse {
  const headers = result.limit ? rateLimitHeaders(result.limit) : {};
  if (result.code !== "ok") throw refused(result, batch, problem, headers);

  const conflicts = batch.valid.filter((_, item) => result.outcomes[item] === "c").map(conflict);
  const errors = [...batch.faults, ...conflicts].sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
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

const conflict = ({ index, eventId }: { index: number; eventId: string }): Fault => ({
  index,
  event_id: eventId,
  code: "event-conflict",
  pointer: "/event_id",
  detail: "an event with this event_id was sent before with other content; the first one stays",
  retryable: false,
});

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
    const drain = rate * Math.exp(-Math.max(0, now - at) / (RATE_TIME_CONSTANT_S * 1_000));
    return new Problem(code, "The queue is full.", {
      headers: { ...headers, "retry-after": queueFullWait(waiting, drain) },
    });
  }
  return refusal(code, ["ingest"], result.limit);
}
