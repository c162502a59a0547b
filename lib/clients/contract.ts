/** Operations for administrators: clients and keys. */
import * as z from "zod";
import { scopeSchema } from "../base/scope.ts";
import {
  admin,
  bodyProblems,
  clientIdField,
  nextCursor,
  pageQuery,
  timeField,
  timeParam,
} from "../http/fields.ts";
import { operation } from "../http/operation.ts";

const name = z.string().trim().min(1).max(200).meta({ pattern: "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$" });
const rate = z.int().min(1).max(1_000_000).meta({ description: "Events per second, on average." });
const burst = z.int().min(1).max(10_000_000).meta({
  description: "Maximum events at once. A larger batch is always rejected.",
});

/** As browsers send it in `Origin`. The host is in lower case, and a port that is the scheme's own is left out. */
const isOrigin = (text: string): boolean =>
  text === "*" || (/^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text);
const originsField = z
  .array(
    z
      .string()
      .max(300)
      .refine(isOrigin, { error: 'must be an origin such as "https://shop.example", or "*"' }),
  )
  .max(100)
  .meta({
    description:
      "Origins of the pages that may send with the client's keys, such as `https://shop.example`, or `*` for all. Only a key whose only scope is `ingest` may be in a page.",
    example: ["https://shop.example"],
  });

export const clientSchema = z
  .object({
    client_id: clientIdField,
    name: z.string(),
    active: z.boolean(),
    rate_limit_per_second: z.int(),
    burst: z.int(),
    origins: z.array(z.string()),
    created_at: timeField,
  })
  .meta({ id: "Client" });

export const newClientSchema = z.strictObject({
  client_id: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/)
    .optional()
    .meta({ description: "Generated if omitted." }),
  name,
  active: z.boolean().default(true),
  rate_limit_per_second: rate.default(1_000),
  burst: burst.default(2_000),
  origins: originsField.default([]),
});

export const changedClientSchema = z.strictObject({
  name: name.optional(),
  active: z.boolean().optional(),
  rate_limit_per_second: rate.optional(),
  burst: burst.optional(),
  origins: originsField.optional(),
});

export const keySchema = z
  .object({
    key_id: z.string(),
    prefix: z.string(),
    scopes: z.array(scopeSchema),
    created_at: timeField,
    expires_at: timeField.nullable(),
    revoked_at: timeField.nullable(),
    last_used_at: timeField.nullable().meta({ description: "Accurate to about a minute." }),
  })
  .meta({ id: "ApiKey" });

export const newKeySchema = z.strictObject({
  scopes: z.array(scopeSchema).min(1),
  expires_at: timeParam
    .nullable()
    .optional()
    .meta({ description: "Must be in the future. If null or omitted, the key does not expire." }),
});

const clientParam = z.object({ client_id: clientIdField });
export const createClient = operation({
  ...admin,
  method: "POST",
  path: "/v1/clients",
  summary: "Create a client",
  query: z.strictObject({}),
  body: newClientSchema,
  responses: { 201: clientSchema },
  problems: [...bodyProblems, "conflict"],
});

export const listClients = operation({
  ...admin,
  method: "GET",
  path: "/v1/clients",
  summary: "List clients, ordered by id",
  query: z.strictObject(pageQuery),
  responses: { 200: z.object({ clients: z.array(clientSchema), next_cursor: nextCursor }) },
});

export const getClient = operation({
  ...admin,
  method: "GET",
  path: "/v1/clients/{client_id}",
  summary: "Get a client",
  params: clientParam,
  query: z.strictObject({}),
  responses: { 200: clientSchema },
  problems: ["not-found"],
});

export const changeClient = operation({
  ...admin,
  method: "PATCH",
  path: "/v1/clients/{client_id}",
  summary: "Change a client; omitted members stay unchanged",
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
  summary: "Create an API key; its secret is shown only once",
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
  summary: "List a client's API keys, oldest first, without their secrets",
  params: clientParam,
  query: z.strictObject(pageQuery),
  responses: { 200: z.object({ keys: z.array(keySchema), next_cursor: nextCursor }) },
  problems: ["not-found"],
});

export const revokeKey = operation({
  ...admin,
  method: "DELETE",
  path: "/v1/clients/{client_id}/keys/{key_id}",
  summary: "Revoke an API key, effective from the next call",
  params: z.object({ client_id: clientIdField, key_id: z.string() }),
  query: z.strictObject({}),
  responses: { 204: null },
  problems: ["not-found", "queue-unavailable"],
});
