/** The path of webhooks, called as the gateway does, and sources of one's own. */
import type { Deps } from "../../../lib/app/connect.ts";
import { type HttpHandler, httpHandler } from "../../../lib/app/handler.ts";
import type { WebhookKind } from "../../../lib/base/webhook-kind.ts";
import { createWebhook, type NewWebhook } from "../../../lib/clients/webhooks.ts";
import { serve } from "../../../lib/http/call.ts";
import { receiveWebhook } from "../../../lib/ingest/webhooks/contract.ts";
import { receiveDelivery } from "../../../lib/ingest/webhooks/webhooks.ts";
import { type Answer, addClient, context, toAnswer } from "../pipeline.ts";
import type { Sent } from "../webhooks/senders.ts";
import { type GatewayRequest, gatewayEvent } from "./gateway.ts";

const handlers = new WeakMap<Deps, HttpHandler>();

/** Sends a delivery to a source. */
export async function deliver(
  deps: Deps,
  source: string,
  { headers, body }: { headers: Sent["headers"]; body: string | Buffer },
  others: Partial<GatewayRequest> = {},
): Promise<Answer> {
  const handler = handlers.get(deps) ?? httpHandler(() => deps, [serve(receiveWebhook, receiveDelivery)]);
  handlers.set(deps, handler);
  const event = gatewayEvent({
    method: "POST",
    route: receiveWebhook.path,
    path: `/v1/webhooks/${source}`,
    params: { source },
    headers,
    body: typeof body === "string" ? body : body.toString("base64"),
    base64: typeof body !== "string",
    ...others,
  });
  return toAnswer(await handler(event, context));
}

/** Secret of a source of Stripe in tests; the sender makes it. */
export const STRIPE_SECRET = "whsec_0123456789abcdef0123456789abcdef";

/** Adds a client with an API key and a source of the same name. */
export async function addSource(
  deps: Deps,
  name: string,
  kind: WebhookKind,
  limit: { rate?: number; burst?: number } = {},
): Promise<NewWebhook & { key: string }> {
  const { secret: key } = await addClient(deps, name, limit);
  const given = kind === "stripe" ? { secret: STRIPE_SECRET } : {};
  return { ...(await createWebhook(deps, name, { source: name, kind, ...given })), key };
}
