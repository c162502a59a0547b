/** Operations that read meters. */
import * as z from "zod";
import { clientIdField, nextCursor, pageQuery, rangeQuery, timeField } from "../http/fields.ts";
import { operation } from "../http/operation.ts";

const NAME = /^[a-z0-9_-]{1,40}$/;

export const nameField = z.string().regex(NAME).meta({ example: "revenue" });
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
    uniques: z.boolean(),
    created_at: timeField,
    ...progress,
  })
  .meta({ id: "Meter" });

export const meterParam = z.object({ meter: nameField.meta({ description: "The meter's name." }) });
export const ofClient = z.strictObject({
  client: rangeQuery.client.meta({
    description:
      "The meter's client; by default that of the key. A key without the scope admin sees only its own client's meters.",
  }),
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
