/** Operations that read receipts, events and the pipeline. */
import * as z from "zod";
import {
  countField,
  nextCursor,
  pageQuery,
  rangeQuery,
  timeField,
  unqueuedSchema,
  uuid,
} from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { whereQuery } from "../query/fields.ts";

export const receiptSchema = z
  .object({
    receipt_id: uuid,
    received_at: timeField,
    accepted: countField,
    stored: countField,
    duplicates: countField.meta({
      description: "Events that were accepted, and then found to be stored already.",
    }),
    quarantined: countField,
    pending: countField.meta({
      description: "accepted = stored + duplicates + quarantined + pending, at any time.",
    }),
    completed_at: timeField.nullable(),
  })
  .meta({ id: "Receipt" });

export const storedEventSchema = z
  .object({
    client_id: z.string(),
    event_id: z.string(),
    event_type: z.string(),
    timestamp: timeField,
    received_at: timeField,
    processed_at: timeField.nullable(),
    processing_latency_ms: z.int().min(0).nullable(),
    status: z.enum(["stored", "quarantined"]),
    receipt_id: uuid,
    traceparent: z
      .string()
      .regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
      .optional()
      .meta({
        description:
          "The W3C trace context that the event was queued with; absent if its request had none. Its first copy counts, as for the rest of the event.",
      }),
    payload: z.looseObject({}),
    reason: z.string().optional().meta({ description: "Why the event is in quarantine." }),
  })
  .meta({ id: "StoredEvent" });

export const getReceipt = operation({
  method: "GET",
  path: "/v1/receipts/{receipt_id}",
  function: "analytics",
  summary: "Get the state of a request's events",
  scopes: ["ingest", "read"],
  params: z.object({ receipt_id: uuid }),
  query: z.strictObject({}),
  responses: { 200: receiptSchema },
  problems: ["not-found"],
});

export const listEvents = operation({
  method: "GET",
  path: "/v1/events",
  function: "analytics",
  summary: "List events, newest first",
  scopes: ["read"],
  query: z.strictObject({
    event_id: z.string().min(1).max(200).optional().meta({
      description:
        "Only the event with this id. Finds any stored id, including those that can't be in a path: `.`, `..`, and ids with a slash, which some gateways reject.",
    }),
    ...rangeQuery,
    where: whereQuery,
    ...pageQuery,
  }),
  responses: { 200: z.object({ events: z.array(storedEventSchema), next_cursor: nextCursor }) },
  problems: ["query-too-broad"],
});

export const getEvent = operation({
  method: "GET",
  path: "/v1/events/{event_id}",
  function: "analytics",
  summary: "Get an event",
  description:
    "With an admin key and no `client`, the newest event with that id. The ids `.`, `..` and `export` can't be used in this path; use `GET /v1/events?event_id=`.",
  scopes: ["read"],
  params: z.object({ event_id: z.string().min(1).max(200) }),
  query: z.strictObject({ client: rangeQuery.client }),
  responses: { 200: storedEventSchema },
  problems: ["not-found"],
});

export const getPipeline = operation({
  method: "GET",
  path: "/v1/pipeline",
  function: "analytics",
  summary: "Get totals and the state of the queue",
  description:
    "`accepted = stored + duplicates + quarantined + pending`, for one client or, with an admin key, all. `pending` includes " +
    "dead letters, and events of requests in progress. Also returns 503 `queue-unavailable` after Redis has lost data, until " +
    "all messages in the queue have been recounted.",
  scopes: ["read"],
  query: z.strictObject({ client: rangeQuery.client }),
  responses: {
    200: z
      .object({
        accepted: countField,
        stored: countField,
        duplicates: countField,
        quarantined: countField,
        pending: countField,
        queue: z.object({
          messages: countField,
          events: countField,
          oldest_age_ms: z.number().min(0),
          drain_per_second: z.number().min(0),
          dead_letters: countField,
        }),
        audit: unqueuedSchema.meta({ description: "For all clients." }),
      })
      .meta({ id: "Pipeline" }),
  },
  problems: ["queue-unavailable"],
});
