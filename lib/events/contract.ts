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
    duplicates: countField.meta({ description: "Accepted at the door, then found in the ledger." }),
    quarantined: countField,
    pending: countField.meta({
      description: "accepted = stored + duplicates + quarantined + pending, at any moment.",
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
    payload: z.looseObject({}),
    reason: z.string().optional().meta({ description: "Why it is in quarantine." }),
  })
  .meta({ id: "StoredEvent" });

export const getReceipt = operation({
  method: "GET",
  path: "/v1/receipts/{receipt_id}",
  function: "analytics",
  summary: "What became of a request's events",
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
  summary: "Events, newest first",
  scopes: ["read"],
  query: z.strictObject({
    event_id: z.string().min(1).max(200).optional().meta({
      description:
        "Only the event of this id, as any that is stored can be found: `.` and `..` are no parts of a path, and a slash in one is not let through by every gateway.",
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
  summary: "One event",
  description:
    "With an admin key and no `client`, the newest event of that id. The ids `.`, `..` and `export` are no paths of an event; `GET /v1/events?event_id=` finds them.",
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
  summary: "Totals, and how the queue is doing",
  description:
    "`accepted = stored + duplicates + quarantined + pending`, for one client or, with an admin key, all. `pending` has the " +
    "dead letters, and events of a request that is being answered. 503 `queue-unavailable` also while Redis has lost data " +
    "and not all messages of the queue are counted again.",
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
        audit: unqueuedSchema.meta({ description: "Of all clients." }),
      })
      .meta({ id: "Pipeline" }),
  },
  problems: ["queue-unavailable"],
});
