/** Operations for administrators: sources of webhooks and their secrets. */
import * as z from "zod";
import { SOURCE_NAME } from "../auth/webhook-source.ts";
import { webhookKindSchema } from "../base/webhook-kind.ts";
import { admin, bodyProblems, clientIdField, nextCursor, pageQuery, timeField } from "../http/fields.ts";
import { operation } from "../http/operation.ts";

const kind = webhookKindSchema.meta({
  description: "How the sender signs: as GitHub, as Stripe, or as Standard Webhooks.",
});

/** Its form depends on the kind; see `checkSecret`. */
const secret = z
  .string()
  .min(16)
  .max(256)
  .regex(/^[!-~]*$/)
  .meta({
    description:
      "The secret, if the sender has made it; always so with Stripe. For `standard` base64, with or without `whsec_`. If omitted, one is generated.",
  });
const shownSecret = z.string().meta({ description: "Shown only once. Enter it at the sender." });

const secretSchema = z.object({ secret_id: z.string(), created_at: timeField }).meta({ id: "WebhookSecret" });

export const webhookSchema = z
  .object({
    source: z.string().meta({ example: "github-main" }),
    kind,
    path: z.string().meta({
      description: "Where the sender delivers, below the address of the API.",
      example: "/v1/webhooks/github-main",
    }),
    secrets: z
      .array(secretSchema)
      .meta({ description: "Oldest first. A signature of any of them is valid." }),
    created_at: timeField,
  })
  .meta({ id: "Webhook" });

export const newWebhookSchema = z.strictObject({
  source: z.string().regex(SOURCE_NAME).meta({
    description: "Its name in the URL, unique among all clients.",
    example: "github-main",
  }),
  kind,
  secret: secret.optional(),
});
export const newSecretSchema = z.strictObject({ secret: secret.optional() });

const clientParam = { client_id: clientIdField };
const sourceParam = { ...clientParam, source: z.string() };

export const createWebhook = operation({
  ...admin,
  method: "POST",
  path: "/v1/clients/{client_id}/webhooks",
  summary: "Create a source of webhooks; its secret is shown only once",
  params: z.object(clientParam),
  query: z.strictObject({}),
  body: newWebhookSchema,
  responses: { 201: webhookSchema.extend({ secret: shownSecret }).meta({ id: "NewWebhook" }) },
  problems: [...bodyProblems, "not-found", "conflict", "queue-unavailable"],
});

export const listWebhooks = operation({
  ...admin,
  method: "GET",
  path: "/v1/clients/{client_id}/webhooks",
  summary: "List a client's sources of webhooks, by name, without their secrets",
  params: z.object(clientParam),
  query: z.strictObject(pageQuery),
  responses: { 200: z.object({ webhooks: z.array(webhookSchema), next_cursor: nextCursor }) },
  problems: ["not-found"],
});

export const deleteWebhook = operation({
  ...admin,
  method: "DELETE",
  path: "/v1/clients/{client_id}/webhooks/{source}",
  summary: "Delete a source of webhooks, effective from the next delivery; stored events stay",
  params: z.object(sourceParam),
  query: z.strictObject({}),
  responses: { 204: null },
  problems: ["not-found", "queue-unavailable"],
});

export const addWebhookSecret = operation({
  ...admin,
  method: "POST",
  path: "/v1/clients/{client_id}/webhooks/{source}/secrets",
  summary: "Add a second secret to a source, to replace the first; it is shown only once",
  params: z.object(sourceParam),
  query: z.strictObject({}),
  body: newSecretSchema,
  responses: { 201: secretSchema.extend({ secret: shownSecret }).meta({ id: "NewWebhookSecret" }) },
  problems: [...bodyProblems, "not-found", "secret-limit", "queue-unavailable"],
});

export const removeWebhookSecret = operation({
  ...admin,
  method: "DELETE",
  path: "/v1/clients/{client_id}/webhooks/{source}/secrets/{secret_id}",
  summary: "Remove a secret of a source, effective from the next delivery",
  params: z.object({ ...sourceParam, secret_id: z.string() }),
  query: z.strictObject({}),
  responses: { 204: null },
  problems: ["not-found", "secret-limit", "queue-unavailable"],
});
