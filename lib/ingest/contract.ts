import * as z from "zod";
import { countField, uuid } from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { faultSchema } from "../http/problem-schema.ts";
import { cloudEventSchema } from "./cloudevents/schema.ts";
import { BATCHED, STRUCTURED } from "./cloudevents/types.ts";
import { eventSchema } from "./event.ts";

export const acceptedSchema = z
  .object({
    receipt_id: uuid,
    accepted: countField,
    duplicates: countField,
    rejected: countField,
    errors: z.array(faultSchema),
  })
  .meta({ id: "Accepted" });

export const sendEvents = operation({
  method: "POST",
  path: "/v1/events",
  function: "ingest",
  summary: "Send events",
  description:
    "One event, `{events: […]}` with up to 1,000 events, or NDJSON; up to 1 MiB after decompression (gzip is supported). Also CloudEvents 1.0: one in structured mode, a batch, or one in binary mode, with its attributes in headers `ce-…` and any media type. A 202 means that the accepted events are queued durably. Sending the same request again is always safe. A page of another origin may send too, with a key that has only the scope `ingest`, if the `origins` of its client include the page's.",
  scopes: ["ingest"],
  checkedByUseCase: true,
  cors: true,
  query: z.strictObject({}),
  headers: z.object({
    traceparent: z.string().optional().meta({
      description:
        "W3C trace context of the sender. Spans of Weir become its children, and events keep the context with which they were queued. An invalid value is ignored.",
      example: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }),
    tracestate: z.string().optional().meta({
      description: "Passed on with `traceparent`, if it has at most 512 characters.",
    }),
  }),
  body: z.union([eventSchema, z.strictObject({ events: z.array(eventSchema).min(1).max(1000) })]),
  bodyTypes: ["application/json", "application/x-ndjson"],
  bodySchemas: { [STRUCTURED]: cloudEventSchema, [BATCHED]: z.array(cloudEventSchema).max(1000) },
  responses: { 202: acceptedSchema },
  problems: [
    "invalid-json",
    "invalid-encoding",
    "payload-too-large",
    "unsupported-media-type",
    "invalid-body",
    "no-valid-events",
    "origin-not-allowed",
    "rate-limited",
    "queue-full",
    "queue-unavailable",
  ],
});
