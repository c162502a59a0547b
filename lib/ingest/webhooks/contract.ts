import * as z from "zod";
import { operation } from "../../http/operation.ts";
import { acceptedSchema } from "../contract.ts";

const header = (description: string) => z.string().optional().meta({ description });

export const receiveWebhook = operation({
  method: "POST",
  path: "/v1/webhooks/{source}",
  function: "ingest",
  summary: "Receive a webhook",
  description:
    "For GitHub, Stripe, and senders that follow Standard Webhooks, as the source was created. The body is whatever they send, up to 1 MiB, and is kept to the byte. The id of the delivery becomes the `event_id`, so one that is sent again counts once, whatever its content.",
  scopes: [],
  signed: true,
  checkedByUseCase: true,
  params: z.object({ source: z.string().meta({ example: "github-main" }) }),
  headers: z.object({
    "X-Hub-Signature-256": header("GitHub: `sha256=` and the HMAC of the body."),
    "X-GitHub-Delivery": header("GitHub: becomes the `event_id`."),
    "X-GitHub-Event": header("GitHub: with the body's `action`, becomes the `event_type`."),
    "Stripe-Signature": header("Stripe: `t=…,v1=…`, at most 300 seconds old."),
    "webhook-id": header("Standard Webhooks: becomes the `event_id`. Also `svix-id`."),
    "webhook-timestamp": header(
      "Standard Webhooks: seconds since the Unix epoch, at most 300 away. Also `svix-timestamp`.",
    ),
    "webhook-signature": header(
      "Standard Webhooks: `v1,…`, several separated by spaces. Also `svix-signature`.",
    ),
  }),
  body: z.looseObject({}),
  bodySchemas: {
    "application/x-www-form-urlencoded": z.looseObject({
      payload: z.string().meta({ description: "JSON, as GitHub sends it if it is set up so." }),
    }),
  },
  responses: { 202: acceptedSchema },
  problems: [
    "malformed-request",
    "invalid-signature",
    "revoked-api-key",
    "client-inactive",
    "not-found",
    "payload-too-large",
    "unsupported-media-type",
    "rate-limited",
    "queue-full",
    "queue-unavailable",
    "database-unavailable",
  ],
});
