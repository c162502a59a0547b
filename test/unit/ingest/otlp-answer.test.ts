/** Responses to log records that were read, by what the queue made of them. */
import { describe, expect, it } from "vitest";
import { Problem } from "../../../lib/http/problem.ts";
import type { Batch } from "../../../lib/ingest/batch.ts";
import { itemFault } from "../../../lib/ingest/event.ts";
import type { Admission, Outcome } from "../../../lib/ingest/intake.ts";
import { answerLogs, refuseInKind } from "../../../lib/ingest/otlp/answer.ts";
import { JSON_TYPE, PROTOBUF_TYPE } from "../../../lib/ingest/otlp/types.ts";
import { apiRequest } from "../../support/http/request.ts";
import { ENCODINGS, type Encoding, SERIALIZERS } from "../../support/otlp.ts";

const requestIn = (type: string) => apiRequest("", { "content-type": type });

function answer(outcomes: readonly Outcome[], faults = 0, encoding: Encoding = JSON_TYPE) {
  const batch = {
    valid: outcomes.map((_, index) => ({ index, eventId: `e${index}` })),
    faults: Array.from({ length: faults }, (_, n) =>
      itemFault(outcomes.length + n, null, `/logRecords/${n}`, `record ${n} is invalid`),
    ),
  } as unknown as Batch;
  const limit = { quota: 10, windowS: 1, remaining: 9, resetS: 1 };
  const decided = { owner: "demo", keyPrefix: null, audited: true, limit };
  const admission: Admission = { ...decided, code: "ok", outcomes };
  try {
    const response = answerLogs({ request: requestIn(encoding), batch, problem: undefined }, admission);
    const body = Buffer.from(response.body, response.bodyIsBase64 ? "base64" : "utf8");
    return { ...response, result: SERIALIZERS[encoding].deserializeResponse(body).partialSuccess };
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

describe("a response", () => {
  it.each(ENCODINGS)("has no partial success if all records are queued or duplicates: %s", (encoding) => {
    const sent = answer(["accepted", "duplicate"], 0, encoding);
    expect(sent).toMatchObject({
      status: 200,
      headers: { "content-type": encoding, ratelimit: expect.stringContaining("r=9") },
    });
    expect(sent).toHaveProperty("result", undefined);
  });

  it.each(ENCODINGS)("counts what was refused, and describes five of them: %s", (encoding) => {
    const sent = answer(["accepted", "conflict", "too-large"], 6, encoding);
    if (sent instanceof Problem) throw sent;
    expect(Number(sent.result?.rejectedLogRecords)).toBe(8);
    expect(sent.result?.errorMessage).toBe(
      [
        "e1: another log record with this log.record.uid was sent before",
        "e2: the log record is too large for the queue",
        "record 0 is invalid; record 1 is invalid; record 2 is invalid; and 3 more",
      ].join("; "),
    );
  });

  it.each(["refused", "unverified"] as const)("is one that a sender retries if a record is %s", (outcome) => {
    expect(answer(["accepted", outcome], 1)).toMatchObject({
      status: 503,
      headers: { "retry-after": expect.stringMatching(/^\d+$/), ratelimit: expect.any(String) },
    });
  });

  it.each([["conflict"], ["too-large"]] as const)(
    "is bad data if every record is refused for good: %s",
    (outcome) => {
      expect(answer([outcome, outcome])).toMatchObject({ status: 400, errors: [{ index: 0 }, { index: 1 }] });
      expect(answer([outcome], 1)).toMatchObject({ status: 400 });
    },
  );
});

describe("an error", () => {
  it("without a wait gets one if senders retry it", () => {
    const wait = (problem: Problem) => refuseInKind(problem, requestIn(PROTOBUF_TYPE)).headers["retry-after"];
    expect(Number(wait(new Problem("timeout", "Too long.")))).toBeGreaterThanOrEqual(1);
    expect(wait(new Problem("queue-full", "Full.", { headers: { "retry-after": "7" } }))).toBe("7");
    expect(wait(new Problem("internal-error", "Unexpected."))).toBeUndefined();
  });

  it("is JSON if the media type is unknown", () => {
    const { status, headers, body } = refuseInKind(
      new Problem("unsupported-media-type", "No."),
      requestIn("text/plain"),
    );
    expect([status, headers["content-type"], JSON.parse(body)]).toEqual([
      415,
      JSON_TYPE,
      { code: 3, message: "No." },
    ]);
  });
});
