/** The pages of the problems, apart from `problem.ts`, so that only the functions that serve them contain their texts. */
import { type ProblemCode, problemTypes } from "./problem.ts";
import { exampleResponse } from "./problem-examples.ts";

interface ProblemText {
  /** What happened, and why. */
  help: string;
  /** What the caller should do now. */
  action: string;
  /** Whether to retry, and how. */
  retry: string;
  /** A command that avoids the problem. */
  request?: string;
}

const UNCHANGED = "No. The same request fails again.";
const AFTER_WAIT =
  "Yes. Wait for the number of seconds in `Retry-After`, then send the same request again. That is always safe: an event counts once, however often it is sent.";
const NEW_KEY = "No. The same key fails again.";

const texts: Readonly<Record<ProblemCode, ProblemText>> = {
  "invalid-json": {
    help: "The body could not be parsed, so nothing in the request was processed. The usual cause is a truncated body.",
    action:
      "Look at the position in `detail`. Check the `Content-Type` too: several events, one per line, are `application/x-ndjson`, not `application/json`.",
    retry: UNCHANGED,
  },
  "invalid-encoding": {
    help: "The body could not be decoded, so nothing in the request was processed.",
    action:
      "Send UTF-8. If the body is compressed, use gzip and set `Content-Encoding: gzip`; if it is not, omit that header.",
    retry: UNCHANGED,
    request: `gzip -c events.ndjson | curl "$URL/v1/events" -H "X-API-Key: $KEY" \\
  -H 'Content-Type: application/x-ndjson' -H 'Content-Encoding: gzip' --data-binary @-`,
  },
  "malformed-request": {
    help: "The body can be decoded, but is not what the protocol of this path requires. Nothing in the request was processed.",
    action: "Check that the sender uses the right path. `GET /openapi.json` describes the body of each.",
    retry: UNCHANGED,
  },
  "invalid-parameter": {
    help: "A parameter has an invalid value, or the operation does not have that parameter. Unknown parameters are rejected, so that a misspelled filter does not return more than you asked for.",
    action: "Correct the parameters listed in `errors`. `GET /openapi.json` describes all parameters.",
    retry: UNCHANGED,
  },
  "missing-api-key": {
    help: "This operation requires an API key, and the request does not have the header `X-API-Key`.",
    action: "Send the key in the header `X-API-Key`.",
    retry: "Only with the key.",
    request: `curl "$URL/v1/pipeline" -H "X-API-Key: $KEY"`,
  },
  "invalid-api-key": {
    help: "This installation does not know the key.",
    action: "Check that the key is complete, and that it was created on this stage.",
    retry:
      "No, except for a key that was created a moment ago: an unknown key may be rejected for up to 10 seconds after it is added.",
  },
  "expired-api-key": {
    help: "The key's `expires_at` has passed.",
    action: "Ask an administrator for a new key; `weir key create` creates one.",
    retry: NEW_KEY,
  },
  "revoked-api-key": {
    help: "An administrator revoked this key.",
    action: "Ask an administrator for a new key.",
    retry: NEW_KEY,
  },
  "invalid-signature": {
    help: "A webhook was sent to this path, and its signature does not show that it comes from the source: it is missing, malformed, too old, or does not match the body with any of the source's secrets. Nothing in the request was processed.",
    action:
      "Compare the secret at the sender with the source's. A proxy in between must not change the body, not even its white space. A sender whose clock is wrong by more than five minutes is refused too.",
    retry: "Only after the secret or the sender has been corrected.",
  },
  "insufficient-scope": {
    help: "The key is valid, but does not have the scope that `detail` names. The scope `admin` includes all others.",
    action: "Use a key that has the scope, or ask an administrator for one.",
    retry: NEW_KEY,
  },
  "client-inactive": {
    help: "An administrator set the client's `active` to false. All keys of the client are refused until it is true again.",
    action: "Ask an administrator to activate the client.",
    retry: "Only after the client is active again.",
  },
  "origin-not-allowed": {
    help: "A browser sent the call for a page, and named the page's origin. Either the client's `origins` do not include it, or the key can do more than send events: everybody can read a key that is in a page, so it must have the scope `ingest` and no other.",
    action:
      "Ask an administrator to add the origin to the client's `origins`, or to make a key with only the scope `ingest`.",
    retry: "Only after the client or the key has been changed.",
  },
  "not-found": {
    help: "The path does not exist, or the resource does not exist or belongs to another client.",
    action:
      "Check the path and the id. A key without the scope `admin` sees only the data of its own client.",
    retry: "No. Exception: an event that was just sent is found once it is stored; its receipt says when.",
  },
  "method-not-allowed": {
    help: "The path exists, but not with this method.",
    action: "Use one of the methods in the response header `Allow`.",
    retry: UNCHANGED,
  },
  conflict: {
    help: "The request would create something that exists already, possibly under another client. `detail` names it.",
    action: "Use the existing resource, or choose another id or secret.",
    retry: UNCHANGED,
  },
  "secret-limit": {
    help: "A webhook source always has a secret, and at most two, while one is replaced by the other.",
    action:
      "Remove a secret before you add a third. To remove the last one, add its successor first, or delete the source.",
    retry: UNCHANGED,
  },
  unprovable: {
    help: "A proof needs all entries of the seal. Some are missing, because they have expired or somebody deleted them, or the seal was changed.",
    action: "Call `GET /v1/audit/verify`: it reports which entry or seal is at fault.",
    retry: UNCHANGED,
  },
  "payload-too-large": {
    help: "A request may have at most 1 MiB after decompression, at most 1,000 events, and at most as many events as the client's burst. `detail` says which limit was exceeded.",
    action: "Split the request into smaller ones. Events that were already accepted may be sent again.",
    retry: "No. Waiting does not help.",
  },
  "unsupported-media-type": {
    help: "The `Content-Type`, its charset or the `Content-Encoding` is not supported.",
    action:
      "Send `application/json` or, for events, `application/x-ndjson`, in UTF-8, uncompressed or with `Content-Encoding: gzip`.",
    retry: UNCHANGED,
  },
  "invalid-body": {
    help: "The body is valid JSON, but does not match the schema of this operation.",
    action: "Correct the members listed in `errors`; `pointer` is a JSON Pointer to each.",
    retry: UNCHANGED,
  },
  "no-valid-events": {
    help: "Every event in the request was rejected. `errors` gives the reason for each.",
    action: "Correct the events and send them again.",
    retry: "Only items with `retryable: true`. The others fail again.",
  },
  "query-too-broad": {
    help: "The query exceeded its time limit, or it has too many buckets. Queries on payload properties read every event in their range.",
    action:
      "Bring `start` and `end` closer together, specify an `event_type` or, with an admin key, a `client`, or use a longer `interval`.",
    retry: "Only with a narrower query.",
    request: `curl -G "$URL/v1/analytics/top" -H "X-API-Key: $KEY" -d property=payload.user \\
  -d event_type=order.placed -d start=2026-11-23T00:00:00Z -d end=2026-11-24T00:00:00Z`,
  },
  "rate-limited": {
    help: "The client has sent more events than its rate limit allows. The limit counts events, not requests: a batch of 100 events costs 100. No event of the request was accepted.",
    action: "Wait, then send the whole request again. The header `RateLimit` shows what is left.",
    retry: AFTER_WAIT,
  },
  "internal-error": {
    help: "An unexpected error occurred. The log has the cause under the request's id.",
    action: "If it happens again, report the `X-Request-Id` of the response to an operator.",
    retry: "Yes, after a few seconds. Sending the same events again is always safe.",
  },
  "queue-full": {
    help: "Events arrive faster than they are stored, and the number or size of the waiting events has reached its limit (`QUEUE_MAX_EVENTS`, `QUEUE_MAX_BYTES`). No event of the request was accepted.",
    action:
      "Wait, then send the whole request again. `Retry-After` is computed from the queue's depth and drain rate.",
    retry: AFTER_WAIT,
  },
  "queue-unavailable": {
    help: "Redis or SQS did not answer, or the queue's counts are being restored after Redis lost data. It is unknown whether the request had an effect.",
    action: "Wait, then send the whole request again. If it persists, see `GET /health`.",
    retry: AFTER_WAIT,
  },
  "database-unavailable": {
    help: "PostgreSQL did not answer. Queries fail until it is back. Sending events continues to work, except for events that may have been sent before with other content (`event-unverified`).",
    action: "Wait, then send the request again. If it persists, see `GET /health`.",
    retry: AFTER_WAIT,
  },
  overloaded: {
    help: "The server has as many requests in progress as it may have, or as many that wait for events, so it did not process this one.",
    action: "Wait, then send the request again. Send several events in one request rather than one each.",
    retry: AFTER_WAIT,
  },
  timeout: {
    help: "The function ran out of time. It is unknown whether the request had an effect.",
    action: "Send the request again. If a query times out again, narrow it as for `query-too-broad`.",
    retry: "Yes. Sending the same events again is always safe.",
  },
  "invalid-event": {
    help: "The event does not match the schema, or its `timestamp` is outside the accepted range. The other events of the request are not affected.",
    action: "Correct the member that `pointer` names; `detail` says what is wrong.",
    retry: "No. The same event fails again.",
  },
  "event-conflict": {
    help: "The client already sent an event with this `event_id`, but with another type, timestamp or payload. The first event stays unchanged.",
    action:
      "If the event is a different one, give it its own `event_id`. Otherwise, nothing needs to be done.",
    retry: "No. The same event fails again.",
  },
  "event-unverified": {
    help: "An event with this `event_id` was sent before. Only the database knows whether its content was the same, and the database is unavailable or far behind.",
    action: "Send the request again. The event is then a duplicate or an `event-conflict`.",
    retry: "Yes, after a few seconds. Sending the same events again is always safe.",
  },
  "queue-refused": {
    help: "The queue refused this event and accepted others of the request. If `retryable` is false, the event is larger than a message of the queue can be.",
    action: "If `retryable` is true, send the request again; otherwise make the event smaller.",
    retry: "If `retryable` is true, after a few seconds. Sending the same events again is always safe.",
  },
};

/** A problem type's page, in Markdown. */
export function problemPage(code: ProblemCode): string {
  const { status, title, item } = problemTypes[code];
  const { help, action, retry, request } = texts[code];
  const where = item
    ? "In `errors` of a 202 or 422 response, for one event of the request."
    : `HTTP status ${status}.`;
  const parts = [
    `# ${title}`,
    `\`${code}\` — ${where}`,
    help,
    `**What to do:** ${action}`,
    `**Retry:** ${retry}`,
    ...(request === undefined ? [] : ["## Example request", `\`\`\`sh\n${request}\n\`\`\``]),
    "## Example response",
    `\`\`\`http\n${exampleResponse(code)}\n\`\`\``,
  ];
  return `${parts.join("\n\n")}\n`;
}
