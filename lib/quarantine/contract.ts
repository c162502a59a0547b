import * as z from "zod";
import {
  admin,
  bodyProblems,
  countField,
  nextCursor,
  pageQuery,
  rangeQuery,
  textParam,
  timeField,
} from "../http/fields.ts";
import { operation } from "../http/operation.ts";

export const listQuarantine = operation({
  ...admin,
  method: "GET",
  path: "/v1/quarantine",
  summary: "List quarantined events, newest first, and their counts by reason",
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
            payload: z.string().nullable().meta({ description: "The payload's JSON text, as it was sent." }),
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
  summary: "Put quarantined events back into the queue, each exactly once",
  description:
    "Events with the reason `invalid-event` were set aside when they were received. They stay in quarantine as long as Weir would not accept them, such as those that are more than 24 hours ahead; all others are stored as they are.",
  query: z.strictObject({}),
  body: z.strictObject({
    client: rangeQuery.client,
    reason: textParam(100).optional(),
    event_keys: z.array(z.guid()).min(1).max(1000).optional(),
    limit: z.int().min(1).max(10000).default(1000),
  }),
  responses: { 202: z.object({ redriven: countField }) },
  problems: [...bodyProblems, "queue-unavailable"],
});
