/**
 * All errors of the HTTP API (RFC 9457). Each code has a page, `docs/errors/<code>.md`, which `npm run docs:errors`
 * generates from this file and which is served at the problem's `type`.
 */

interface ProblemType {
  /** HTTP status of the response; unused for item codes, which are in the `errors` of a 202 or 422. */
  status: number;
  title: string;
  /** The error's meaning, and what to do about it. */
  help: string;
  /** True for codes of one item of a request, which are never a response by themselves. */
  item?: boolean;
}

const types = {
  "invalid-json": {
    status: 400,
    title: "The body is not valid JSON",
    help: "The body could not be parsed. Nothing of the request was taken. Look at the position named in `detail`; a body cut short is the usual cause.",
  },
  "invalid-encoding": {
    status: 400,
    title: "The body is not valid UTF-8 or not valid gzip",
    help: "Bodies are UTF-8, optionally compressed with gzip and then marked `Content-Encoding: gzip`. Nothing of the request was taken.",
  },
  "invalid-parameter": {
    status: 400,
    title: "A parameter is not valid",
    help: "`errors` names each parameter and what it may be. Parameters that the call does not have are refused too, so that a misspelt filter never widens a question.",
  },
  "missing-api-key": {
    status: 401,
    title: "No API key was sent",
    help: "Send the key in the header `X-API-Key`.",
  },
  "invalid-api-key": {
    status: 401,
    title: "The API key is not known",
    help: "The key is not one of this installation. Check for a cut-off copy or a key of another stage.",
  },
  "expired-api-key": {
    status: 401,
    title: "The API key has expired",
    help: "Ask an administrator for a new key; `weir key create` makes one.",
  },
  "revoked-api-key": {
    status: 401,
    title: "The API key was revoked",
    help: "An administrator has revoked this key. Ask for a new one.",
  },
  "insufficient-scope": {
    status: 403,
    title: "The API key may not do this",
    help: "The key is good, but lacks the scope named in `detail`. `admin` includes all others.",
  },
  "client-inactive": {
    status: 403,
    title: "The client is switched off",
    help: "An administrator has set the client's `active` to false. All of its keys are refused until it is set to true.",
  },
  "not-found": {
    status: 404,
    title: "There is no such thing here",
    help: "The path is not one of this API, or what it names does not exist or belongs to another client.",
  },
  "method-not-allowed": {
    status: 405,
    title: "The path does not have this method",
    help: "The header `Allow` lists the methods that the path has.",
  },
  conflict: {
    status: 409,
    title: "It is there already",
    help: "What the request would make exists, perhaps under another owner. `detail` says what.",
  },
  unprovable: {
    status: 409,
    title: "The entry can't be proven",
    help: "Entries of the same seal are missing, since their time is over or somebody took them, or the seal was changed. `GET /v1/audit/verify` says which.",
  },
  "payload-too-large": {
    status: 413,
    title: "The body is too large",
    help: "A request holds at most 1 MiB after decompression, at most 1,000 events, and not more events than the client's burst; `detail` says which of these it is above. Waiting does not help: send it in parts. Sending again what was already taken is safe.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "The content type or encoding is not supported",
    help: "Send `application/json` or `application/x-ndjson`, in UTF-8, as it is or with `Content-Encoding: gzip`.",
  },
  "invalid-body": {
    status: 422,
    title: "The body does not have the right shape",
    help: "The body is JSON, but not what this call takes. `errors` names each fault with a JSON Pointer.",
  },
  "no-valid-events": {
    status: 422,
    title: "No event of the request could be taken",
    help: "Every event of the request is at fault; `errors` says why for each. Sending it again unchanged gives the same answer.",
  },
  "query-too-broad": {
    status: 422,
    title: "The question takes too long to answer",
    help: "The statement ran into its time-out. Bring `start` and `end` closer together, name an `event_type`, or, with an admin key, a `client`. Questions over payload properties read every event of their range.",
  },
  "rate-limited": {
    status: 429,
    title: "The client's rate limit is used up",
    help: "Wait for the seconds in `Retry-After`, then send the whole request again: that is always safe. The unit is the event, so a batch of 100 costs 100.",
  },
  "internal-error": {
    status: 500,
    title: "Something went wrong on our side",
    help: "The cause is in the log under the request's id (`X-Request-Id`). Sending the request again is safe.",
  },
  "queue-full": {
    status: 503,
    title: "The queue is full",
    help: "Events arrive faster than they are stored, and there are as many of them, or as many bytes, as may wait (`QUEUE_MAX_EVENTS`, `QUEUE_MAX_BYTES`). Wait for the seconds in `Retry-After`, which are reckoned from the queue's depth and drain rate, then send the whole request again.",
  },
  "queue-unavailable": {
    status: 503,
    title: "The queue is out of reach",
    help: "Nothing of the request is known to be taken. Wait for the seconds in `Retry-After`, then send the whole request again: events that were taken after all count once.",
  },
  "database-unavailable": {
    status: 503,
    title: "The database is out of reach",
    help: "Sending events goes on without the database, but for events that were perhaps sent before with other content (`event-unverified`); questions wait for it. Try again after the seconds in `Retry-After`.",
  },
  timeout: {
    status: 504,
    title: "The request took too long",
    help: "The function ran out of time. Sending the request again is safe.",
  },
  "invalid-event": {
    status: 422,
    item: true,
    title: "The event is not valid",
    help: "`pointer` names the member at fault and `detail` what it may be. The other events of the request are not touched by it.",
  },
  "event-conflict": {
    status: 422,
    item: true,
    title: "The event id was used for other content",
    help: "An event with this `event_id` was sent before with another type, time or payload. The first stays as it is; give the new event an id of its own.",
  },
  "event-unverified": {
    status: 503,
    item: true,
    title: "Whether the event is a duplicate can't be told now",
    help: "An event with this `event_id` was sent before. Whether with the same content only the database can tell, and it is out of reach or far behind. Send the request again in a few seconds: the event then is a duplicate or an `event-conflict`.",
  },
  "queue-refused": {
    status: 503,
    item: true,
    title: "The queue did not take the event",
    help: "The other events of the request were taken. Where `retryable` is true, send the request again in a few seconds: those that were taken count once. Where it is false, the event is larger than a message of the queue can be.",
  },
} as const satisfies Record<string, ProblemType>;

export type ProblemCode = keyof typeof types;
export const problemTypes: Readonly<Record<ProblemCode, ProblemType>> = types;

/** A fault of one item, parameter or member. */
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

/** A relative reference, so that it leads to the page of the same installation. */
export const problemUri = (code: ProblemCode): string => `/docs/errors/${code}`;

/** A problem type's page, in Markdown. */
export function problemPage(code: ProblemCode): string {
  const { status, title, help, item } = problemTypes[code];
  const where = item
    ? "Stands in `errors` of a 202 or 422 answer, for one event of the request."
    : `HTTP status ${status}.`;
  return `# ${title}\n\n\`${code}\` — ${where}\n\n${help}\n`;
}
