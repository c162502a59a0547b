/** Deliveries, signed by the libraries that the senders have published. */
import { randomUUID } from "node:crypto";
import { sign } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";

/** A request as a sender makes it. */
export interface Sent {
  headers: Record<string, string>;
  body: string;
}

/** When the sender signs, in milliseconds since the Unix epoch. */
type At = number;

export async function githubDelivery(
  secret: string,
  event: string,
  payload: unknown,
  { id = randomUUID() as string, form = false } = {},
): Promise<Sent> {
  const json = typeof payload === "string" ? payload : JSON.stringify(payload);
  const body = form ? new URLSearchParams({ payload: json }).toString() : json;
  return {
    headers: {
      "content-type": form ? "application/x-www-form-urlencoded" : "application/json",
      "user-agent": "GitHub-Hookshot/044aadd",
      "x-github-delivery": id,
      "x-github-event": event,
      "x-github-hook-id": "292430182",
      "x-hub-signature-256": await sign(secret, body),
    },
    body,
  };
}

export function stripeDelivery(secret: string, payload: unknown, at: At = Date.now()): Sent {
  // Stripe's own bodies are indented.
  const body = typeof payload === "string" ? payload : JSON.stringify(payload, null, 2);
  const timestamp = Math.floor(at / 1_000);
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
  return {
    headers: { "content-type": "application/json; charset=utf-8", "stripe-signature": signature },
    body,
  };
}

export function standardDelivery(
  secret: string,
  payload: unknown,
  { id = `msg_${randomUUID()}`, at = Date.now() as At, name = "webhook" } = {},
): Sent {
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  return {
    headers: {
      "content-type": "application/json",
      [`${name}-id`]: id,
      [`${name}-timestamp`]: String(Math.floor(at / 1_000)),
      [`${name}-signature`]: new Webhook(secret).sign(id, new Date(at), body),
    },
    body,
  };
}
