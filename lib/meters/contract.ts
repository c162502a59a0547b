/** Operations on meters. */
import * as z from "zod";
import {
  admin,
  bodyProblems,
  clientIdField,
  nextCursor,
  pageQuery,
  rangeQuery,
  textParam,
  timeField,
} from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { MAX_PROPERTY_LENGTH, PROPERTY_PATTERN } from "../query/property.ts";

/** Most dimensions of a meter. */
const MAX_DIMENSIONS = 3;
const NAME = /^[a-z0-9_-]{1,40}$/;

export const nameField = z.string().regex(NAME).meta({ example: "revenue" });
const property = (description: string, example: string) =>
  z
    .string()
    .max(MAX_PROPERTY_LENGTH)
    .meta({ pattern: `^${PROPERTY_PATTERN}$`, description, example });

const dimensionSchema = z.strictObject({
  name: nameField.meta({ description: "Groups by it: `by=country`.", example: "country" }),
  property: property("Conditions name it: `where=payload.country=DE`.", "payload.country"),
});

export const meterStates = ["waiting", "filling", "complete"] as const;

/** How far a meter is filled. */
export const progress = {
  state: z.enum(meterStates).meta({
    description:
      "`waiting` until all workers know the meter; `filling` while it is filled with events that were stored before, from the newest to the oldest; `complete` when it has all events.",
  }),
  complete_from: timeField.nullable().meta({
    description:
      "While `filling`: the meter has all events from this time on. Null before the first step, and when `complete`.",
  }),
};

export const meterSchema = z
  .object({
    client_id: clientIdField,
    name: z.string(),
    event_type: z.string(),
    value: z.string().nullable(),
    dimensions: z.array(z.object({ name: z.string(), property: z.string() })),
    created_at: timeField,
    ...progress,
  })
  .meta({ id: "Meter" });

export const newMeterSchema = z.strictObject({
  client_id: textParam(32).meta({ description: "The client that sends the events.", example: "demo" }),
  name: nameField,
  event_type: textParam(200).meta({ description: "The events that it counts.", example: "order.placed" }),
  value: property("The property that it measures; omitted to count events only.", "payload.amount")
    .nullable()
    .default(null),
  dimensions: z
    .array(dimensionSchema)
    .max(MAX_DIMENSIONS)
    .default([])
    .meta({ description: "Properties with few different values, to group and to filter by." }),
});

const meterParam = z.object({ meter: nameField.meta({ description: "The meter's name." }) });
const ofClient = z.strictObject({
  client: rangeQuery.client.meta({
    description:
      "The meter's client; by default that of the key. A key without the scope admin sees only its own client's meters.",
  }),
});

export const createMeter = operation({
  ...admin,
  method: "POST",
  path: "/v1/meters",
  summary: "Declare a meter",
  description:
    "From now on a worker adds each event that it stores to the meter, in the same transaction, so that `count`, `group` and `series` with `meter` read rollups. Events that are stored already are added in the background, newest first; maintenance completes what this call does not finish. A client has at most 20 meters.",
  query: z.strictObject({}),
  body: newMeterSchema,
  responses: { 201: meterSchema },
  problems: [...bodyProblems, "not-found", "conflict"],
});

export const listMeters = operation({
  method: "GET",
  path: "/v1/meters",
  function: "analytics",
  summary: "List meters, ordered by client and name",
  scopes: ["read"],
  query: z.strictObject({ client: rangeQuery.client, ...pageQuery }),
  responses: { 200: z.object({ meters: z.array(meterSchema), next_cursor: nextCursor }) },
});

export const getMeter = operation({
  method: "GET",
  path: "/v1/meters/{meter}",
  function: "analytics",
  summary: "Get a meter, and how far it is filled",
  scopes: ["read"],
  params: meterParam,
  query: ofClient,
  responses: { 200: meterSchema },
  problems: ["not-found"],
});

export const deleteMeter = operation({
  ...admin,
  method: "DELETE",
  path: "/v1/meters/{meter}",
  summary: "Delete a meter; its rollups are deleted in the background",
  params: meterParam,
  query: ofClient,
  responses: { 204: null },
  problems: ["not-found"],
});
