/**
 * All errors of the HTTP API (RFC 9457). Each code has a page, `docs/errors/<code>.md`, which `npm run docs:errors`
 * generates from `problem-pages.ts` and which is served at the problem's `type`.
 */

interface ProblemType {
  /** HTTP status of the response; unused for item codes, which appear in the `errors` of a 202 or 422. */
  status: number;
  title: string;
  /** True for codes of one item of a request, which are never a response by themselves. */
  item?: boolean;
}

const types = {
  "invalid-json": { status: 400, title: "The body is not valid JSON" },
  "invalid-encoding": { status: 400, title: "The body is not valid UTF-8 or not valid gzip" },
  "malformed-request": { status: 400, title: "The body does not have the form that its protocol requires" },
  "invalid-parameter": { status: 400, title: "A parameter is invalid" },
  "missing-api-key": { status: 401, title: "The request has no API key" },
  "invalid-api-key": { status: 401, title: "The API key is unknown" },
  "expired-api-key": { status: 401, title: "The API key has expired" },
  "revoked-api-key": { status: 401, title: "The API key was revoked" },
  "invalid-signature": { status: 401, title: "The signature is missing or invalid" },
  "insufficient-scope": { status: 403, title: "The API key lacks a scope" },
  "client-inactive": { status: 403, title: "The client is inactive" },
  "origin-not-allowed": { status: 403, title: "The key may not be used in this page" },
  "not-found": { status: 404, title: "Not found" },
  "method-not-allowed": { status: 405, title: "The path does not support this method" },
  conflict: { status: 409, title: "The resource already exists" },
  "secret-limit": { status: 409, title: "A webhook source has one or two secrets" },
  unprovable: { status: 409, title: "The entry can't be proven" },
  "payload-too-large": { status: 413, title: "The body is too large" },
  "unsupported-media-type": { status: 415, title: "The content type or encoding is not supported" },
  "invalid-body": { status: 422, title: "The body does not match the schema" },
  "no-valid-events": { status: 422, title: "No event was accepted" },
  "query-too-broad": { status: 422, title: "The query takes too long" },
  "rate-limited": { status: 429, title: "The client exceeded its rate limit" },
  "internal-error": { status: 500, title: "Internal error" },
  "queue-full": { status: 503, title: "The queue is full" },
  "queue-unavailable": { status: 503, title: "The queue is unavailable" },
  "database-unavailable": { status: 503, title: "The database is unavailable" },
  overloaded: { status: 503, title: "The server has too many requests in progress" },
  timeout: { status: 504, title: "The request took too long" },
  "invalid-event": { status: 422, item: true, title: "The event is invalid" },
  "event-conflict": { status: 422, item: true, title: "The event_id was already used for other content" },
  "event-unverified": {
    status: 503,
    item: true,
    title: "The event could not be compared with an earlier one",
  },
  "queue-refused": { status: 503, item: true, title: "The queue did not accept the event" },
} as const satisfies Record<string, ProblemType>;

export type ProblemCode = keyof typeof types;
export const problemTypes: Readonly<Record<ProblemCode, ProblemType>> = types;

/** A fault in one item, parameter or member. */
export interface Fault {
  index?: number;
  event_id?: string | null;
  code?: ProblemCode;
  parameter?: string;
  /** JSON Pointer (RFC 6901) to the member at fault. */
  pointer?: string;
  detail: string;
  retryable?: boolean;
}

export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ProblemCode;
  errors?: readonly Fault[];
}

interface ProblemOptions {
  errors?: readonly Fault[];
  headers?: Record<string, string>;
  /** For the log only; never shown to the caller. */
  cause?: unknown;
}

/** An error that the handler turns into the response, wherever it is thrown. */
export class Problem extends Error {
  override name = "Problem";
  readonly code: ProblemCode;
  readonly status: number;
  readonly errors: readonly Fault[] | undefined;
  readonly headers: Record<string, string>;

  /** @param detail this occurrence's explanation, for the caller to read; never an internal cause */
  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.status = types[code].status;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }

  /** @param instance the request's id, which matches a report with the log and the audit */
  toDocument(instance: string): ProblemDocument {
    return {
      type: problemUri(this.code),
      title: types[this.code].title,
      status: this.status,
      detail: this.message,
      instance: `urn:uuid:${instance}`,
      code: this.code,
      ...(this.errors && { errors: this.errors }),
    };
  }
}

/** A relative reference, so that it resolves to a page of the same installation. */
export const problemUri = (code: ProblemCode): string => `/docs/errors/${code}`;
