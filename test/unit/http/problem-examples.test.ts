/** The example responses of the problem types: the code throws exactly these. */
import { describe, expect, it } from "vitest";
import { refuse } from "../../../lib/app/fallback.ts";
import { presentedKey, refusal } from "../../../lib/auth/authenticate.ts";
import { placeSeed } from "../../../lib/base/ids.ts";
import { outage, toProblem } from "../../../lib/http/errors.ts";
import { type Fault, Problem, type ProblemCode, problemTypes } from "../../../lib/http/problem.ts";
import { exampleBody, exampleResponse, problemExamples } from "../../../lib/http/problem-examples.ts";
import { problemSchema } from "../../../lib/http/problem-schema.ts";
import { readBatch } from "../../../lib/ingest/batch.ts";
import type { Admission, Outcome } from "../../../lib/ingest/intake.ts";
import { toAnswer } from "../../../lib/ingest/response.ts";
import { QUERY_CANCELED } from "../../../lib/postgres/errors.ts";
import { apiRequest } from "../../support/http/request.ts";
import { anEvent } from "../../support/pipeline.ts";

const codes = Object.keys(problemTypes) as ProblemCode[];
const JSON_TYPE = { "content-type": "application/json" };
const read = (body: string, headers: Record<string, string> = JSON_TYPE) =>
  readBatch(apiRequest(body, headers), 400, placeSeed("secret"));
const LATE = anEvent({
  event_id: "order-1001",
  timestamp: new Date(Date.now() + 2 * 86_400_000).toISOString(),
});

/** Answers a request of one event, or of `events`, as the queue's decision is. */
function answer(admission: Partial<Admission>, events: unknown[] = [anEvent({ event_id: "order-1001" })]) {
  const batch = read(JSON.stringify({ events }));
  const decided = { owner: "shop", keyPrefix: null, audited: true, limit: undefined };
  const request = apiRequest("{}", JSON_TYPE);
  return toAnswer({ request, batch, problem: undefined }, { ...decided, ...admission } as Admission);
}

/** The errors of a request whose first event has the outcome, and whose second is accepted. */
function faultsOf(outcome: Outcome): readonly Fault[] {
  const events = ["order-1001", "order-1002"].map((event_id) => anEvent({ event_id }));
  // Outcomes are in the batch's own order.
  const outcomes = read(JSON.stringify({ events })).valid.map(({ index }) =>
    index === 0 ? outcome : "accepted",
  );
  const { body } = answer({ code: "ok", outcomes }, events);
  return (JSON.parse(String(body)) as { errors: Fault[] }).errors;
}

/** Causes that need no server. Integration tests cause the others. */
const CAUSES: Partial<Record<ProblemCode, () => unknown>> = {
  "invalid-json": () => read(""),
  "invalid-encoding": () => read("{}", { ...JSON_TYPE, "content-encoding": "gzip" }),
  "payload-too-large": () => read(JSON.stringify({ events: Array.from({ length: 1_200 }, () => ({})) })),
  "unsupported-media-type": () => read("{}", { "content-type": "text/plain" }),
  "missing-api-key": () => presentedKey(undefined),
  "invalid-api-key": () => presentedKey("x".repeat(10_000)),
  "not-found": () => refuse({ method: "GET", path: "/v1/nothing" }),
  "query-too-broad": () => {
    throw toProblem(Object.assign(new Error("canceled"), { code: QUERY_CANCELED }));
  },
  "queue-unavailable": () => outage("queue")(new Error("refused")),
  "database-unavailable": () => outage("database")(new Error("refused")),
  "internal-error": () => {
    throw toProblem(new Error("secret"));
  },
  timeout: () => {
    throw toProblem(new DOMException("late", "TimeoutError"));
  },
  "queue-full": () => answer({ code: "queue-full", waiting: 1_000, drainPerSecond: 10 }),
  "rate-limited": () =>
    answer(
      { code: "rate-limited", waitMs: 2_000, limit: { quota: 2_000, windowS: 2, remaining: 0, resetS: 2 } },
      Array.from({ length: 100 }, () => anEvent()),
    ),
};
for (const code of [
  "expired-api-key",
  "revoked-api-key",
  "insufficient-scope",
  "client-inactive",
  "origin-not-allowed",
] as const)
  CAUSES[code] = () => {
    throw refusal(code, ["read"], undefined);
  };

function problemOf(cause: () => unknown): Problem {
  try {
    cause();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("There was no problem.");
}

/** Names of header fields in lower case, and of their values what does not depend on chance. */
const comparable = (headers: Readonly<Record<string, string>> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      name.toLowerCase() === "retry-after" ? value.replace(/^\d+$/, "seconds") : value,
    ]),
  );

it.each(Object.entries(CAUSES))("%s is thrown as its example shows it", (code, cause) => {
  const example = problemExamples[code as ProblemCode];
  const { code: thrown, message, headers } = problemOf(cause);
  expect(thrown).toBe(code);
  expect(message).toBe(example.detail);
  expect(comparable(headers)).toEqual(comparable(example.headers));
});

it("the error of an invalid event is as its example shows it", () => {
  expect(read(JSON.stringify(LATE)).faults).toEqual(problemExamples["invalid-event"].errors);
});

it.each([
  ["event-conflict", "conflict"],
  ["event-unverified", "unverified"],
  ["queue-refused", "refused"],
] as const)("the error %s is as its example shows it", (code, outcome) => {
  expect(faultsOf(outcome)).toEqual(problemExamples[code].errors);
});

describe.each(codes)("the example of %s", (code) => {
  const { status, item } = problemTypes[code];

  it("is a problem document, or a 202 with an error of this code", () => {
    const body = exampleBody(code);
    if (item) expect(body).toMatchObject({ rejected: 1, errors: [{ code }] });
    else expect(problemSchema.parse(body)).toEqual(body);
  });

  it("has the status, and says when to retry if retrying is what to do", () => {
    const response = exampleResponse(code);
    expect(response).toMatch(new RegExp(`^HTTP/1.1 ${item ? 202 : status} [A-Z]`));
    expect(response.includes("\nRetry-After: ")).toBe(!item && (status === 429 || status === 503));
  });
});
