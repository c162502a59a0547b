/** The response to a Segment request. SDKs look at its status only: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#errors */
import { type ApiResponse, json } from "../../http/gateway.ts";
import { Problem } from "../../http/problem.ts";
import { outageWait, rateLimitHeaders } from "../../http/rate-limit.ts";
import type { Admission } from "../intake.ts";
import { toAnswer } from "../response.ts";

/** An SDK takes a 200 as the end of all calls in its request, so it is sent only if each of them is queued or is a duplicate. */
export function answerCalls(submission: Parameters<typeof toAnswer>[0], admission: Admission): ApiResponse {
  if (admission.code !== "ok") return toAnswer(submission, admission);
  const { outcomes, limit } = admission;
  const headers = limit ? rateLimitHeaders(limit) : {};
  if (outcomes.includes("refused") || outcomes.includes("unverified"))
    throw new Problem("queue-unavailable", "Some calls could not be queued; send the request again.", {
      headers: { ...headers, "retry-after": outageWait() },
    });
  if (outcomes.includes("too-large"))
    throw new Problem("payload-too-large", "A call is too large for the queue.", { headers });
  return json(200, { success: true }, headers);
}
