/** The HTTP API of Segment: docs/segment.md. */
import { authorize, presentedKey } from "../../auth/authenticate.ts";
import type { Call } from "../../http/call.ts";
import { foreignOrigin } from "../../http/cors.ts";
import { type ApiResponse, json } from "../../http/gateway.ts";
import { rateLimitHeaders } from "../../http/rate-limit.ts";
import { ingest, type Protocol } from "../ingest.ts";
import { answerCalls } from "./answer.ts";
import { segmentKey } from "./body.ts";
import type { CallType } from "./call.ts";
import { sendBatch } from "./contract.ts";
import { readCalls } from "./read.ts";

type IngestCall = Parameters<typeof ingest>[0];

const protocolOf = (type: CallType | undefined): Protocol => ({
  operation: sendBatch,
  key: segmentKey,
  read: (request, config) => readCalls(request, config, type),
  acceptedStatus: 200,
  answer: answerCalls,
});

/**
 * Accepts a call or a batch of calls.
 * @param type of the call, as the path names it; undefined for a batch
 * @throws {Problem} every error of the contract
 */
export const receiveCalls = (call: IngestCall, type?: CallType): Promise<ApiResponse> =>
  ingest(call, protocolOf(type));

/**
 * What the SDK for pages asks for before it sends: which destinations there are. There is one, this server.
 * @throws {Problem} every error of the contract
 */
export async function getSettings({
  request,
  deps,
  seen,
}: Pick<Call<IngestCall["deps"]>, "request" | "deps" | "seen">): Promise<ApiResponse> {
  const { params, headers } = request;
  const { write_key: writeKey } = params;
  const { limit } = await authorize(deps, presentedKey(writeKey), ["ingest"], seen, foreignOrigin(request));
  const { "x-forwarded-host": forwarded, "x-forwarded-proto": scheme, host } = headers;
  const destination = {
    apiKey: writeKey,
    apiHost: `${forwarded?.split(",", 1)[0]?.trim() || host}/v1`,
    protocol: scheme?.startsWith("https") ? "https" : "http",
  };
  return json(200, { integrations: { "Segment.io": destination } }, limit ? rateLimitHeaders(limit) : {});
}
