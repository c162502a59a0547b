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
        "SHA-256 of the bytes of `value_salt` followed by the value's JSON text in UTF-8, in hexadecimal. The text is that of RFC 8785, but for a number that a double can't hold its digits and exponent, such as `1234567890123456789e1`. Events of before the request that arrive late are recognised by it. The value itself is forgotten with the erasure's completion, and never shown.",
    }),
    value_salt: z.string().nullable().meta({
      description:
        "Hexadecimal; empty for an erasure of an earlier version. Both are null once the retention has passed all that was received before the request.",
    }),
    status: z.enum(["waiting", "running", "completed"]).meta({
      description:
        "`waiting` until all workers know of the request; `running` until all that is stored has been looked through; `completed` when nothing is stored any more that it was to erase, and nothing that is still on its way will be: see `unsearched`.",
    }),
    requested_at: timeField,
    requested_by: z.object({ client_id: z.string().nullable(), key_prefix: z.string().nullable() }),
    completed_at: timeField.nullable(),
    events_erased: countField.meta({
      description:
        "Stored events whose payload was erased. Those that arrive late are erased when they are stored, and not counted here.",
    }),
    quarantined_erased: countField,
    unsearched: z.object({ messages: countField.nullable(), dead_letters: countField.nullable() }).meta({
      description:
        "Messages in the queue, and in its dead letters, at the time of the answer. They can't be searched, so any of them that came before the request may still hold the payload. It is erased when a worker stores it, also after a redrive; in a dead letter that nobody puts back it stays until that is deleted. Null if the queue does not answer.",
    }),
  })
  .meta({ id: "Erasure" });

export const newErasureSchema = z.strictObject({
  client: textParam(32).meta({ description: "Whose events.", example: "demo" }),
  property: z
    .string()
    .min(1)
    .max(MAX_PROPERTY_LENGTH)
    .meta({
      pattern: `^${PROPERTY_PATTERN}$`,
      description: "Where in the payload the subject is named, from `payload` down.",
      example: "payload.user.id",
    }),
  value: z
    .union([z.string().min(1).max(10_000), z.number(), z.boolean(), exactNumber])
    .meta({ description: 'The value there. It must have the same type: 7 is not "7".', example: "u-1001" }),
});

export const createErasure = operation({
  ...admin,
  method: "POST",
  path: "/v1/erasures",
  summary: "Erase one subject's payloads",
  description:
    'Replaces the payload of every event of the client, received before now, in which the property has the value, with `{"erased":true}`; in quarantine too, and in what is still on its way through the queue when that is stored. The events keep counting, and their ids are still known, so that none can come back. What can\'t be done at once is done by maintenance.',
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
  summary: "How far an erasure has come",
  params: z.object({ erasure_id: z.guid() }),
  query: z.strictObject({}),
  responses: { 200: erasureSchema },
  problems: ["not-found"],
});

export const listErasures = operation({
  ...admin,
  method: "GET",
  path: "/v1/erasures",
  summary: "Erasures, newest first",
  query: z.strictObject({ client: rangeQuery.client, ...pageQuery }),
  responses: { 200: z.object({ erasures: z.array(erasureSchema), next_cursor: nextCursor }) },
});
