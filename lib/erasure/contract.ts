/** Operations that erase one subject's payloads. */
import * as z from "zod";
import { numberSource } from "../base/json.ts";
import {
  admin,
  bodyProblems,
  clientIdField,
  countField,
  nextCursor,
  pageQuery,
  rangeQuery,
  textParam,
  timeField,
  uuid,
} from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { MAX_PROPERTY_LENGTH, PROPERTY_PATTERN } from "../query/property.ts";

/** A number that JavaScript would round arrives as a raw JSON object, which holds its digits. */
const exactNumber = z
  .custom<object>((value) => typeof value === "object" && value !== null && numberSource(value) !== undefined)
  .meta({ override: { type: "number" } });

export const erasureSchema = z
  .object({
    erasure_id: uuid,
    client_id: clientIdField,
    property: z.string(),
    value_sha256: z.string().nullable().meta({
      description:
        "SHA-256, in hexadecimal, of the bytes of `value_salt` followed by the value's JSON text in UTF-8. The text follows RFC 8785; a number that a double can't represent is written as its digits and exponent, such as `1234567890123456789e1`. It identifies events from before the request that arrive late. The value itself is deleted when the erasure completes, and is never shown.",
    }),
    value_salt: z.string().nullable().meta({
      description:
        "Hexadecimal; empty for an erasure made by an earlier version. Both are null once everything received before the request is past the retention period.",
    }),
    status: z.enum(["waiting", "running", "completed"]).meta({
      description:
        "`waiting` until all workers know of the request; `running` until all stored events have been searched, also those in the archive, if there is one; `completed` when no matching payload is stored, and none that is still in the queue will be: see `unsearched`.",
    }),
    requested_at: timeField,
    requested_by: z.object({ client_id: z.string().nullable(), key_prefix: z.string().nullable() }),
    completed_at: timeField.nullable(),
    events_erased: countField.meta({
      description:
        "Stored events whose payload was erased. Events that arrive late are erased when they are stored, and are not counted here.",
    }),
    quarantined_erased: countField,
    unsearched: z.object({ messages: countField.nullable(), dead_letters: countField.nullable() }).meta({
      description:
        "Messages in the queue and among its dead letters at the time of the response. They can't be searched, so those from before the request may still contain the payload. A worker erases it when it stores the message, also after a redrive; in a dead letter that nobody redrives, it stays until the dead letter is deleted. Null if the queue does not answer.",
    }),
  })
  .meta({ id: "Erasure" });

export const newErasureSchema = z.strictObject({
  client: textParam(32).meta({ description: "The client that sent the events.", example: "demo" }),
  property: z
    .string()
    .min(1)
    .max(MAX_PROPERTY_LENGTH)
    .meta({
      pattern: `^${PROPERTY_PATTERN}$`,
      description: "Path of the payload property that identifies the subject, starting with `payload`.",
      example: "payload.user.id",
    }),
  value: z.union([z.string().min(1).max(10_000), z.number(), z.boolean(), exactNumber]).meta({
    description: 'The value of the property. The type must match: 7 is not "7".',
    example: "u-1001",
  }),
});

export const createErasure = operation({
  ...admin,
  method: "POST",
  path: "/v1/erasures",
  summary: "Erase one subject's payloads",
  description:
    'Replaces the payload with `{"erased":true}` in every event of the client that was received before now and in which the property has the value. This includes events in quarantine and, when they are stored, events still in the queue. The events still count, and their ids stay known, so that they cannot be stored again. Maintenance completes what this call does not finish.',
  query: z.strictObject({}),
  body: newErasureSchema,
  exactNumbers: true,
  responses: { 202: erasureSchema },
  problems: [...bodyProblems, "not-found"],
});

export const getErasure = operation({
  ...admin,
  method: "GET",
  path: "/v1/erasures/{erasure_id}",
  summary: "Get the progress of an erasure",
  params: z.object({ erasure_id: z.guid() }),
  query: z.strictObject({}),
  responses: { 200: erasureSchema },
  problems: ["not-found"],
});

export const listErasures = operation({
  ...admin,
  method: "GET",
  path: "/v1/erasures",
  summary: "List erasures, newest first",
  query: z.strictObject({ client: rangeQuery.client, ...pageQuery }),
  responses: { 200: z.object({ erasures: z.array(erasureSchema), next_cursor: nextCursor }) },
});
