/** An example response for each problem type, for its page. A test compares them with what the code throws. */
import { STATUS_CODES } from "node:http";
import { type Fault, Problem, type ProblemCode, problemTypes } from "./problem.ts";

interface ProblemExample {
  detail: string;
  /** Header fields of the response that matter to the caller. */
  headers?: Readonly<Record<string, string>>;
  errors?: readonly Fault[];
}

/** Of an example: the id of the request, and of the receipt. */
const REQUEST_ID = "01a227e5-2513-7208-ad61-3fe2a7c11ec0";
const WAIT = { "Retry-After": "3" };
const CHALLENGE = { "WWW-Authenticate": 'ApiKey realm="weir"' };
const EVENT = { index: 0, event_id: "order-1001" } as const;

const tooLate: Fault = {
  ...EVENT,
  code: "invalid-event",
  pointer: "/timestamp",
  detail: "timestamp is more than 24 hours ahead",
  retryable: false,
};

/** The response for each code. One for a single event is in `errors` of a 202. */
export const problemExamples: Readonly<Record<ProblemCode, ProblemExample>> = {
  "invalid-json": { detail: "The body is empty." },
  "invalid-encoding": { detail: "Content-Encoding is gzip, but the body is not." },
  "malformed-request": { detail: "The body must be a JSON object." },
  "invalid-parameter": {
    detail: "Invalid parameter: limit.",
    errors: [{ parameter: "limit", detail: "must be an integer from 1 to 1000, in decimal digits" }],
  },
  "missing-api-key": { detail: "Send an API key in the header X-API-Key.", headers: CHALLENGE },
  "invalid-api-key": { detail: "The API key is unknown.", headers: CHALLENGE },
  "expired-api-key": { detail: "The API key has expired.", headers: CHALLENGE },
  "revoked-api-key": { detail: "The API key was revoked.", headers: CHALLENGE },
  "invalid-signature": {
    detail: "No signature matches the body as it was received, with any of the source's secrets.",
    headers: { "WWW-Authenticate": 'Webhook realm="weir"' },
  },
  "insufficient-scope": { detail: "This call requires the scope read, which the key does not have." },
  "client-inactive": { detail: "The client that this key belongs to is inactive." },
  "origin-not-allowed": {
    detail: "The client's origins do not include the page's, or the key has other scopes than ingest.",
  },
  "not-found": { detail: "The path does not exist." },
  "method-not-allowed": { detail: "This path supports GET only.", headers: { Allow: "GET" } },
  conflict: { detail: "The client shop already exists." },
  "secret-limit": { detail: "The source has two secrets already; remove one first." },
  unprovable: { detail: "The entry's seal does not match the stored entries." },
  "payload-too-large": { detail: "The request has 1200 events; the maximum is 1000." },
  "unsupported-media-type": {
    detail: 'The request has Content-Type "text/plain"; send application/json or application/x-ndjson.',
  },
  "invalid-body": {
    detail: "The body does not match the schema.",
    errors: [{ pointer: "/name", detail: "name is missing" }],
  },
  "no-valid-events": { detail: "All 1 events in the request are invalid.", errors: [tooLate] },
  "query-too-broad": {
    detail:
      "The query takes too long. Bring start and end closer together, or specify an event_type or a client.",
  },
  "rate-limited": {
    detail: "The request costs 100, but the rate limit has only 0 left.",
    headers: {
      "Retry-After": "2",
      "RateLimit-Policy": '"default";q=2000;w=2',
      RateLimit: '"default";r=0;t=2',
    },
  },
  "internal-error": { detail: "An unexpected error occurred." },
  "queue-full": { detail: "The queue is full.", headers: { "Retry-After": "30" } },
  "queue-unavailable": { detail: "The queue is unavailable.", headers: WAIT },
  "database-unavailable": { detail: "The database is unavailable.", headers: WAIT },
  overloaded: { detail: "Too many calls are waiting for events.", headers: WAIT },
  timeout: { detail: "The request took too long." },
  "invalid-event": { detail: tooLate.detail, errors: [tooLate] },
  "event-conflict": item({
    code: "event-conflict",
    pointer: "/event_id",
    detail:
      "an event with this event_id was already sent with other content; the first event stays unchanged",
    retryable: false,
  }),
  "event-unverified": item({
    code: "event-unverified",
    pointer: "/event_id",
    detail:
      "an event with this event_id was already sent, and its content can't be compared now; send it again",
    retryable: true,
  }),
  "queue-refused": item({
    code: "queue-refused",
    detail: "the queue did not accept the event; send it again",
    retryable: true,
  }),
};

function item(fault: Fault): ProblemExample {
  return { detail: fault.detail, errors: [{ ...EVENT, ...fault }] };
}

/** The body of the example: the problem document, or a 202 that rejects one event and accepts another. */
export function exampleBody(code: ProblemCode): object {
  const { detail, errors } = problemExamples[code];
  if (problemTypes[code].item)
    return { receipt_id: REQUEST_ID, accepted: 1, duplicates: 0, rejected: errors?.length ?? 0, errors };
  return new Problem(code, detail, errors ? { errors } : {}).toDocument(REQUEST_ID);
}

/** The example as an HTTP message. */
export function exampleResponse(code: ProblemCode): string {
  const { status, item: isItem } = problemTypes[code];
  const sent = isItem ? 202 : status;
  const type = isItem ? "application/json" : "application/problem+json";
  const headers = { "Content-Type": type, ...problemExamples[code].headers };
  return [
    `HTTP/1.1 ${sent} ${STATUS_CODES[sent]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "",
    JSON.stringify(exampleBody(code), null, 2),
  ].join("\n");
}
