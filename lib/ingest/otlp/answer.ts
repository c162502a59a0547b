/** Responses in the encoding of the request: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { ApiRequest, ApiResponse } from "../../http/gateway.ts";
import { json } from "../../http/gateway.ts";
import { type Fault, Problem } from "../../http/problem.ts";
import { outageWait, rateLimitHeaders } from "../../http/rate-limit.ts";
import type { Admission } from "../intake.ts";
import { toAnswer } from "../response.ts";
import { JSON_TYPE, PROTOBUF_TYPE } from "./types.ts";

/** The number of faults that a message describes. */
const MOST_FAULTS = 5;
const LENGTH_DELIMITED = WireType.LengthDelimited;
const VARINT = WireType.Varint;

/**
 * 200 with an `ExportLogsServiceResponse`. A sender never repeats a request that was answered so. If some records might be
 * accepted later, the answer is therefore an error that it retries; what was accepted is then a duplicate.
 * @throws {Problem}
 */
export function answerLogs(submission: Parameters<typeof toAnswer>[0], admission: Admission): ApiResponse {
  if (admission.code !== "ok") return toAnswer(submission, admission);
  const { outcomes, limit } = admission;
  const headers = limit ? rateLimitHeaders(limit) : {};
  if (outcomes.includes("refused") || outcomes.includes("unverified"))
    throw new Problem("queue-unavailable", "Some log records could not be queued; send the request again.", {
      headers: { ...headers, "retry-after": outageWait() },
    });
  const { batch, request } = submission;
  const refused = batch.valid.flatMap((event, item) => {
    const detail = REFUSALS[outcomes[item] ?? ""];
    return detail === undefined ? [] : { index: event.index, event_id: event.eventId, detail };
  });
  const errors = [...batch.faults, ...refused].sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
  if (errors.length > 0 && refused.length === batch.valid.length)
    throw new Problem("malformed-request", "No log record was accepted.", { errors, headers });
  return exportResponse(request, errors, headers);
}

const REFUSALS: Readonly<Record<string, string>> = {
  conflict: "another log record with this log.record.uid was sent before",
  "too-large": "the log record is too large for the queue",
};

function exportResponse(
  request: ApiRequest,
  errors: readonly Fault[],
  headers: Record<string, string>,
): ApiResponse {
  const message = describe(errors);
  if (!isProtobuf(request)) {
    // 64-bit integers are texts in protobuf's JSON.
    const partialSuccess = { rejectedLogRecords: String(errors.length), errorMessage: message };
    return json(200, errors.length === 0 ? {} : { partialSuccess }, {
      ...headers,
      "content-type": JSON_TYPE,
    });
  }
  const writer = new BinaryWriter();
  if (errors.length > 0) {
    writer.tag(1, LENGTH_DELIMITED).fork();
    writer.tag(1, VARINT).int64(errors.length).tag(2, LENGTH_DELIMITED).string(message);
    writer.join();
  }
  return protobuf(200, writer, headers);
}

/** The records' faults in one text; an event's id tells which record was refused after it was read. */
function describe(errors: readonly Fault[]): string {
  const shown = errors.slice(0, MOST_FAULTS).map(describeOne);
  const others = errors.length - shown.length;
  return [...shown, ...(others > 0 ? [`and ${others} more`] : [])].join("; ");
}

const describeOne = ({ event_id, pointer, detail }: Fault): string =>
  pointer === undefined && event_id ? `${event_id}: ${detail}` : detail;

/** `google.rpc.Code` by HTTP status, as google/rpc/code.proto maps them. */
const CODES: Readonly<Record<number, number>> = { 401: 16, 403: 7, 404: 5, 429: 8, 500: 13, 503: 14, 504: 4 };
const INVALID_ARGUMENT = 3;
const BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest";

/** A problem as a `google.rpc.Status`, with a `BadRequest` that describes what is wrong in the body. */
export function refuseInKind(problem: Problem, request: ApiRequest): ApiResponse {
  const { status, message, errors = [] } = problem;
  const code = CODES[status] ?? INVALID_ARGUMENT;
  const headers = { ...problem.headers };
  // A sender waits for what it says, and otherwise doubles its waits.
  if (status === 504) headers["retry-after"] ??= outageWait();
  const violations = errors.slice(0, MOST_FAULTS).map(({ pointer = "", detail }) => ({
    field: pointer.slice(1),
    description: detail,
  }));
  if (!isProtobuf(request)) {
    const details =
      violations.length > 0 ? { details: [{ "@type": BAD_REQUEST, fieldViolations: violations }] } : {};
    return json(status, { code, message, ...details }, { ...headers, "content-type": JSON_TYPE });
  }
  const writer = new BinaryWriter();
  writer.tag(1, VARINT).int32(code).tag(2, LENGTH_DELIMITED).string(message);
  if (violations.length > 0) {
    writer.tag(3, LENGTH_DELIMITED).fork();
    writer.tag(1, LENGTH_DELIMITED).string(BAD_REQUEST).tag(2, LENGTH_DELIMITED).fork();
    for (const { field, description } of violations) {
      writer.tag(1, LENGTH_DELIMITED).fork();
      writer.tag(1, LENGTH_DELIMITED).string(field).tag(2, LENGTH_DELIMITED).string(description);
      writer.join();
    }
    writer.join().join();
  }
  return protobuf(status, writer, headers);
}

const isProtobuf = ({ headers }: ApiRequest): boolean =>
  /^\s*application\/x-protobuf\s*(?:;|$)/i.test(headers["content-type"] ?? "");

const protobuf = (status: number, writer: BinaryWriter, headers: Record<string, string>): ApiResponse => ({
  status,
  headers: { ...headers, "content-type": PROTOBUF_TYPE },
  body: Buffer.from(writer.finish()).toString("base64"),
  bodyIsBase64: true,
});
