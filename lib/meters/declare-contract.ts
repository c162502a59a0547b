/** Operations that declare and delete meters; apart from those that read them, which another function serves. */
import * as z from "zod";
import { admin, bodyProblems, textParam } from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { MAX_PROPERTY_LENGTH, PROPERTY_PATTERN } from "../query/property.ts";
import { meterParam, meterSchema, nameField, ofClient } from "./contract.ts";

/** Most dimensions of a meter. */
const MAX_DIMENSIONS = 3;

const property = (description: string, example: string) =>
  z
    .string()
    .max(MAX_PROPERTY_LENGTH)
    .meta({ pattern: `^${PROPERTY_PATTERN}$`, description, example });

const dimensionSchema = z.strictObject({
  name: nameField.meta({ description: "Groups by it: `by=country`.", example: "country" }),
  property: property("Conditions name it: `where=payload.country=DE`.", "payload.country"),
});

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
  uniques: z.boolean().default(false).meta({
    description:
      "Also keeps a sketch of the values of each day, for `measure=uniques`. Requires `value`, which may then be of any kind.",
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
