import type { components } from "./generated/openapi.ts";

/** A problem document (RFC 9457), the body of every error. */
export type Problem = components["schemas"]["Problem"];
/** What is wrong with one event, parameter or member. */
export type Fault = components["schemas"]["Fault"];
/** A complete event, as the API takes it. */
export type WeirEvent = components["schemas"]["Event"];

interface ResponseFacts {
  status: number;
  requestId: string | undefined;
  retryAfterMs: number | undefined;
}

/** The API answered a call with an error. */
export class WeirError extends Error {
  override readonly name = "WeirError";
  /** HTTP status. */
  readonly status: number;
  /** What is wrong, such as `rate-limited`; undefined if the response is not a problem document. */
  readonly code: Problem["code"] | undefined;
  readonly detail: string;
  /** The faults of single events or parameters. */
  readonly errors: readonly Fault[];
  /** Identifies the call in the server's log and audit. */
  readonly requestId: string | undefined;
  /** How long the server asks to wait before the next attempt. */
  readonly retryAfterMs: number | undefined;
  /** The body, parsed if it is JSON. */
  readonly body: unknown;

  constructor(facts: ResponseFacts, body: unknown) {
    const problem = isProblem(body) ? body : undefined;
    const detail = problem?.detail ?? "The response is not a problem document.";
    super(`${facts.status}${problem ? ` ${problem.code}` : ""}: ${detail}`);
    this.status = facts.status;
    this.code = problem?.code;
    this.detail = detail;
    this.errors = problem?.errors ?? [];
    this.requestId = facts.requestId ?? problem?.instance.replace("urn:uuid:", "");
    this.retryAfterMs = facts.retryAfterMs;
    this.body = body;
  }
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== "object" || body === null) return false;
  const { code, detail, instance, errors } = body as Record<string, unknown>;
  return (
    typeof code === "string" &&
    typeof detail === "string" &&
    typeof instance === "string" &&
    (errors === undefined || Array.isArray(errors))
  );
}

/**
 * Why an event was not delivered:
 * - `rejected`: the API refused it; `cause` is the `WeirError`, or `fault` says what is wrong with the event
 * - `invalid`: it can't be converted to JSON
 * - `too-large`: it alone is larger than a request may be
 * - `buffer-full`: the sender's memory is full
 * - `closed`: the sender was closed before
 * - `not-delivered`: the time was up; the event may have arrived, and sending it again with the same id is safe
 */
export type SendErrorReason =
  | "rejected"
  | "invalid"
  | "too-large"
  | "buffer-full"
  | "closed"
  | "not-delivered";

/** An event was not delivered. */
export class SendError extends Error {
  override readonly name = "SendError";
  readonly reason: SendErrorReason;
  /** The event with its id and time, to keep and to send again; undefined only if it is `invalid`. */
  readonly event: WeirEvent | undefined;
  readonly fault: Fault | undefined;

  constructor(
    reason: SendErrorReason,
    message: string,
    { event, fault, cause }: { event?: WeirEvent; fault?: Fault; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.reason = reason;
    this.event = event;
    this.fault = fault;
  }
}
