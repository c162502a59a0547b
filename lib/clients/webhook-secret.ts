/** Secrets of webhooks: what a sender's own may be, and new ones. */
import { randomBytes } from "node:crypto";
import type { WebhookKind } from "../base/webhook-kind.ts";
import { Problem } from "../http/problem.ts";

const PREFIX = "whsec_";
/** Bytes of a secret, and how few and how many a sender's own may have. Standard Webhooks recommends 24 to 64. */
const BYTES = 32;
const FEWEST_BYTES = 16;
const MOST_BYTES = 128;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The given secret, or a new one.
 * @throws {Problem} `invalid-body` if the kind has no such secrets, or if Stripe's, which only Stripe makes, is missing
 */
export function secretOf(kind: WebhookKind, given: string | undefined): string {
  if (given !== undefined) {
    const fault = faultOf(kind, given);
    if (fault !== undefined) throw invalid(fault);
    return given;
  }
  if (kind === "stripe") throw invalid("secret is missing; Stripe shows it when the endpoint is created");
  const bytes = randomBytes(BYTES);
  return kind === "standard" ? `${PREFIX}${bytes.toString("base64")}` : bytes.toString("base64url");
}

function faultOf(kind: WebhookKind, secret: string): string | undefined {
  if (kind === "github") return undefined;
  if (kind === "stripe")
    return secret.startsWith(PREFIX) ? undefined : "secret: must begin with whsec_, as Stripe shows it";
  const base64 = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  const { length } = Buffer.from(base64, "base64");
  return BASE64.test(base64) && length >= FEWEST_BYTES && length <= MOST_BYTES
    ? undefined
    : `secret: must be ${FEWEST_BYTES} to ${MOST_BYTES} bytes in base64, with or without whsec_`;
}

const invalid = (detail: string): Problem =>
  new Problem("invalid-body", "The body does not match the schema.", {
    errors: [{ pointer: "/secret", detail }],
  });
