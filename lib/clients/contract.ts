/** Calls of the administrator: clients, keys, quarantine. */
import * as z from "zod";
import { scopeSchema } from "../base/scope.ts";
import {
  clientIdField,
  countField,
  nextCursor,
  pageQuery,
  rangeQuery,
  textParam,
  timeField,
  timeParam,
} from "../http/fields.ts";
import { operation } from "../http/operation.ts";

const name = z.string().trim().min(1).max(200).meta({ pattern: "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$" });
const rate = z.int().min(1).max(1_000_000).meta({ description: "Events per second, on average." });
const burst = z.int().min(1).max(10_000_000).meta({
  description: "Events at once. A batch larger than this never passes.",
});

export const clientSchema = z
  .object({
    client_id: clientIdField,
    name: z.string(),
    active: z.boolean(),
    rate_limit_per_second: z.int(),
    burst: z.int(),
    created_at: timeField,
  })
  .meta({ id: "Client" });

export const newClientSchema = z.strictObject({
  client_id: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/)
    .optional()
    .meta({ description: "Made for you when left out." }),
  name,
  active: z.boolean().default(true),
  rate_limit_per_second: rate.default(1_000),
  burst: burst.default(2_000),
});

export const changedClientSchema = z.strictObject({
  name: name.optional(),
  active: z.boolean().optional(),
  rate_limit_per_second: rate.optional(),
  burst: burst.optional(),
});

export const keySchema = z
  .object({
    key_id: z.string(),
    prefix: z.string(),
    scopes: z.array(scopeSchema),
    created_at: timeField,
    expires_at: timeField.nullable(),
    revoked_at: timeField.nullable(),
    last_used_at: timeField.nullable().meta({ description: "To about a minute." }),
  })
  .meta({ id: "ApiKey" });

export const newKeySchema = z.strictObject({
  scopes: z.array(scopeSchema).min(1),
  expires_at: timeParam
    .nullable()
    .optional()
    .meta({ description: "In the future; never, when null or left out." }),
});

const clientParam = z.object({ client_id: clientIdField });
const admin = { function: "admin", scopes: ["admin"] } as const;
const bodyProblems = [
  "invalid-json",
  "invalid-encoding",
  "payload-too-large",
  "unsupported-media-type",
  "invalid-body",
] as const;

export const createClient = operation({
  ...admin,
  method: "POST",
  path: "/v1/clients",
  summary: "Make a client",
  query: z.strictObject({}),
  body: newClientSchema,
  responses: { 201: clientSchema },
  problems: [...bodyProblems, "conflict"],
});

export const listClients = operation({
  ...admin,
  method: "GET",
  path: "/v1/clients",
  summary: "All clients, by id",
  query: z.strictObject(pageQuery),
  responses: { 200: z.object({ clients: z.array(clientSchema), next_cursor: nextCursor }) },
});

export const getClient = operation({
  ...admin,
  method: "GET",
  path: "/v1/clients/{client_id}",
  summary: "One client",
  params: clientParam,
  query: z.strictObject({}),
  responses: { 200: clientSchema },
  problems: ["not-found"],
});

export const changeClient = operation({
  ...admin,
  method: "PATCH",
  path: "/v1/clients/{client_id}",
  summary: "Change a client; what is left out stays",
  params: clientParam,
  query: z.strictObject({}),
  body: changedClientSchema,
  responses: { 200: clientSchema },
  problems: [...bodyProblems, "not-found", "queue-unavailable"],
});

export const createKey = operation({
  ...admin,
  method: "POST",
  path: "/v1/clients/{client_id}/keys",
  summary: "Make an API key; its secret is shown this once",
  params: clientParam,
  query: z.strictObject({}),
  body: newKeySchema,
  responses: {
    201: z
      .object({
        key_id: z.string(),
        secret: z.string(),
        prefix: z.string(),
        scopes: z.array(scopeSchema),
        expires_at: timeField.nullable(),
      })
      .meta({ id: "NewApiKey" }),
  },
  problems: [...bodyProblems, "not-found"],
});

export const listKeys = operation({
  ...admin,
  method: "GET",
  path: "/v1/clients/{client_id}/keys",
  summary: "A client's API keys, without their secrets",
  params: clientParam,
  query: z.strictObject({}),
  responses: { 200: z.object({ keys: z.array(keySchema) }) },
  problems: ["not-found"],
});

export const revokeKey = operation({
  ...admin,
  method: "DELETE",
  path: "/v1/clients/{client_id}/keys/{key_id}",
  summary: "Revoke an API key; the next call with it is refused",
  params: z.object({ client_id: clientIdField, key_id: z.string() }),
  query: z.strictObject({}),
  responses: { 204: null },
  problems: ["not-found", "queue-unavailable"],
});

export const listQuarantine = operation({
  ...admin,
  method: "GET",
  path: "/v1/quarantine",
  summary: "Events set aside, newest first, and how many by reason",
  query: z.strictObject({
    client: rangeQuery.client,
    reason: textParam(100).optional(),
    ...pageQuery,
  }),
  responses: {
    200: z.object({
      reasons: z.array(z.object({ reason: z.string(), count: countField })),
      events: z.array(
        z
          .object({
            client_id: z.string(),
            event_key: z.string(),
            event_id: z.string().nullable(),
            event_type: z.string().nullable(),
            timestamp: z.string().nullable(),
            payload: z.string().nullable().meta({ description: "The payload's JSON text, as it came." }),
            reason: z.string(),
            detail: z.string(),
            received_at: timeField,
            quarantined_at: timeField,
            receipt_id: z.string(),
          })
          .meta({ id: "QuarantinedEvent" }),
      ),
      next_cursor: nextCursor,
    }),
  },
});

export const redriveQuarantine = operation({
  ...admin,
  method: "POST",
  path: "/v1/quarantine/redrive",
  summary: "Put quarantined events back through the queue, each exactly once",
  query: z.strictObject({}),
  body: z.strictObject({
    client: rangeQuery.client,
    reason: textParam(100).optional(),
    event_keys: z.array(z.guid()).min(1).max(1_000).optional(),
    limit: z.int().min(1).max(10_000).default(1_000),
  }),
  responses: { 202: z.object({ redriven: countField }) },
  problems: [...bodyProblems, "queue-unavailable"],
});
