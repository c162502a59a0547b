/**
 * Ingest: validates the body, then the intake checks key, limit and duplicates and queues new events: with Redis Streams
 * in one atomic round trip to Redis, with SQS in one before and one after sending. PostgreSQL is read only for a key that
 * is not cached, and for an event that Redis considers a conflict.
 */

import { ROOT_CONTEXT, type Span, SpanKind } from "@opentelemetry/api";
import { anonymous, authorize, type KeyReference, presentedKey, withKey } from "../auth/authenticate.ts";
import { failSpan, inSpan } from "../base/tracing.ts";
import type { Config } from "../config/config.ts";
import type { Call } from "../http/call.ts";
import { foreignOrigin } from "../http/cors.ts";
import { outage } from "../http/errors.ts";
import type { ApiRequest, ApiResponse } from "../http/gateway.ts";
import type { Operation } from "../http/operation.ts";
import { readParameters } from "../http/parameters.ts";
import { type Fault, Problem } from "../http/problem.ts";
import type { Database } from "../postgres/client.ts";
import { messagingSpan } from "../queue/spans.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shards } from "../redis/shards.ts";
import { type Batch, readBatch } from "./batch.ts";
import { sendEvents } from "./contract.ts";
import type { Admission, Intake, Submission } from "./intake.ts";
import { toAnswer } from "./response.ts";

interface IngestDeps {
  config: Config;
  sql: Database;
  redis: RedisConnection;
  shards: Shards;
  intake: Intake;
}

/** How requests of one protocol are read and answered. Each function throws a Problem for what it refuses. */
export interface Protocol {
  operation: Operation;
  key: (request: ApiRequest) => KeyReference;
  read: (request: ApiRequest, config: Config) => Batch;
  /** Status of the response if the request is accepted; by default 202. */
  acceptedStatus?: number;
  answer: typeof toAnswer;
}

const OWN_PROTOCOL: Protocol = {
  operation: sendEvents,
  key: ({ headers }) => presentedKey(headers["x-api-key"]),
  read: (request, { retentionDays, placeSeed }) => readBatch(request, retentionDays, placeSeed),
  answer: toAnswer,
};

/**
 * Accepts a request's events. For a page of another origin, first checks that its client allows it, at the price of one more
 * round trip to Redis.
 * @throws {Problem} every error of the contract
 */
export async function ingest(
  call: Pick<Call<IngestDeps>, "request" | "deps" | "seen" | "audited">,
  protocol: Protocol = OWN_PROTOCOL,
): Promise<ApiResponse> {
  const { request, deps } = call;
  const key = protocol.key(request);
  const unknown = anonymous(key);
  call.seen(unknown);
  const origin = protocol.operation.cors && foreignOrigin(request);
  if (origin !== undefined) await authorize(deps, key, ["ingest"], call.seen, origin);
  const { acceptedStatus } = protocol;
  const submission = { request, key, acceptedStatus, ...readOrRefuse(request, deps, protocol) };
  const result = await send(submission, deps).catch(outage("queue"));
  call.seen({ ...unknown, clientId: result.owner, keyPrefix: result.keyPrefix });
  if (result.audited) call.audited();
  return protocol.answer(submission, result);
}

/** Admits and queues a request, in a span whose context its messages carry. */
function send(submission: Submission, deps: IngestDeps): Promise<Admission> {
  const { name, attributes } = messagingSpan("send", deps.config);
  const options = { kind: SpanKind.PRODUCER, attributes };
  return inSpan(name, options, submission.request.trace ?? ROOT_CONTEXT, async (span, trace) => {
    const traced = { ...submission, trace };
    const result = await withKey(deps, submission.key, () => deps.intake.enqueue(traced));
    if (span.isRecording()) describe(span, result);
    return result;
  });
}

function describe(span: Span, result: Admission): void {
  const outcomes = result.code === "ok" ? result.outcomes : [];
  span.setAttribute("weir.admission", result.code);
  span.setAttribute("weir.events.accepted", outcomes.filter((outcome) => outcome === "accepted").length);
  if (result.code === "queue-unavailable") failSpan(span, result.code);
}

/** Returns the request's error instead of throwing it: only a caller with a valid key learns it, which the script checks. */
function readOrRefuse(
  request: ApiRequest,
  { config }: IngestDeps,
  { operation, read }: Protocol,
): { batch: Batch; problem: Problem | undefined } {
  try {
    readParameters(operation, request);
    const batch = read(request, config);
    return {
      batch,
      problem: batch.faults.length > 0 && batch.valid.length === 0 ? nothingValid(batch.faults) : undefined,
    };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { batch: { valid: [], faults: [] }, problem: error };
  }
}

const nothingValid = (errors: readonly Fault[]): Problem =>
  new Problem("no-valid-events", `All ${errors.length} events in the request are invalid.`, { errors });
