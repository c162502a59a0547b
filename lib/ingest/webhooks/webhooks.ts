/** Webhooks: docs/webhooks.md. The signature of a delivery takes the place of a key. */
import { anonymous } from "../../auth/authenticate.ts";
import { requireSource, type WebhookSource } from "../../auth/webhook-source.ts";
import type { ApiResponse } from "../../http/gateway.ts";
import { Problem } from "../../http/problem.ts";
import { outageWait, rateLimitHeaders } from "../../http/rate-limit.ts";
import { ingest, type Protocol } from "../ingest.ts";
import type { Admission } from "../intake.ts";
import { toAnswer } from "../response.ts";
import { rawBody } from "./body.ts";
import { receiveWebhook } from "./contract.ts";
import { readDelivery, SCHEMES } from "./delivery.ts";
import type { Signed } from "./scheme.ts";

type IngestCall = Parameters<typeof ingest>[0];

/**
 * Accepts a delivery, after its source has been read and its signature checked: one round trip more than with a key.
 * @throws {Problem} every error of the contract
 */
export async function receiveDelivery(call: IngestCall): Promise<ApiResponse> {
  const { request, deps } = call;
  const source = await requireSource(deps, request.params.source ?? "");
  call.seen(anonymous(source.key));
  const { headers, receivedAt } = request;
  const signed = { headers, body: rawBody(request), receivedMs: receivedAt };
  const fault = SCHEMES[source.kind].check(signed, source.secrets);
  if (fault !== undefined) throw unsigned(fault);
  return ingest(call, protocolOf(source, signed));
}

/** RFC 9110, section 11.6.1: a 401 response names an applicable scheme. */
const unsigned = (detail: string): Problem =>
  new Problem("invalid-signature", detail, { headers: { "www-authenticate": 'Webhook realm="weir"' } });

const protocolOf = (source: WebhookSource, signed: Signed): Protocol => ({
  operation: receiveWebhook,
  key: () => source.key,
  read: (_request, config) => readDelivery(source, signed, config),
  answer: answerDelivery,
});

/** A sender looks at the status only, so it must be one of success exactly if the delivery is queued or is a duplicate. */
function answerDelivery(submission: Parameters<typeof toAnswer>[0], admission: Admission): ApiResponse {
  if (admission.code !== "ok") return toAnswer(submission, admission);
  const { outcomes, limit } = admission;
  const headers = limit ? rateLimitHeaders(limit) : {};
  if (outcomes.includes("refused") || outcomes.includes("unverified"))
    throw new Problem("queue-unavailable", "The delivery could not be queued; send it again.", {
      headers: { ...headers, "retry-after": outageWait() },
    });
  if (outcomes.includes("too-large"))
    throw new Problem("payload-too-large", "The delivery is too large for the queue.", { headers });
  // An event of another protocol has the same id; the first one counts.
  const settled = outcomes.map((outcome) => (outcome === "conflict" ? "duplicate" : outcome));
  return toAnswer(submission, { ...admission, outcomes: settled });
}
