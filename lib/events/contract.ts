/** Operations that read receipts, events and the pipeline. */
import * as z from "zod";
import {
  countField,
  cursorParam,
  intParam,
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
  summary: "List events, newest first, or follow new ones",
  description:
    "With `order=asc`, events come in the order in which they were stored (the change feed). Nothing appears before a cursor that " +
    "was given out, so a reader that follows gets every event once. It takes `after`, `wait`, `limit` and the filters " +
    "`event_type`, `where` and `client`; `event_id`, `start`, `end` and `cursor` are for the list only.",
  scopes: ["read"],
  query: z.strictObject({
    event_id: z.string().min(1).max(200).optional().meta({
      description:
        "Only the event with this id. Finds any stored id, including those that can't be in a path: `.`, `..`, and ids with a slash, which some gateways reject.",
    }),
    ...rangeQuery,
    where: whereQuery,
    ...pageQuery,
    order: z.enum(["desc", "asc"]).default("desc").meta({
      description:
        "`desc`: the list, newest `timestamp` first. `asc`: the change feed, in the order of storing.",
    }),
    after: cursorParam(1_000)
      .optional()
      .meta({
        description:
          "With `order=asc`: `next_cursor` from the previous response, or `latest` for events that are stored from now on. " +
          "Without it, the feed begins with the oldest event that it has.",
      }),
    wait: intParam(0, 20, 0).meta({
      description: "With `order=asc`: if nothing comes after the cursor, seconds to wait for an event.",
    }),
  }),
  responses: {
    200: z.object({
      events: z.array(storedEventSchema),
      next_cursor: nextCursor.meta({
        description:
          "Null on the last page. With `order=asc` never null: the cursor from which to read on, also if there are no events.",
      }),
    }),
  },
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
