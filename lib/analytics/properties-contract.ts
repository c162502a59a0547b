/** Operations that analyze payload properties. */
import * as z from "zod";
import {
  bucketField,
  countField,
  freshness,
  intParam,
  rangeQuery,
  textParam,
  timeZoneParam,
} from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { propertyField, whereField, whereQuery } from "../query/fields.ts";

const fresh = {
  ...freshness,
  source: z.literal("raw").meta({ description: "Always computed from raw events." }),
};

export const getTop = operation({
  method: "GET",
  path: "/v1/analytics/top",
  function: "analytics",
  summary: "The most frequent values of a payload property, most frequent first",
  description:
    "Values are compared as the JSON that was sent, so 1 and 1.0 are different values. Events without the property are not counted.",
  scopes: ["read"],
  query: z.strictObject({
    property: propertyField,
    ...rangeQuery,
    where: whereQuery,
    limit: intParam(1, 1_000, 10).meta({ description: "Maximum number of values." }),
  }),
  responses: {
    200: z.object({
      values: z.array(z.object({ value: z.json(), count: countField })),
      events: countField.meta({ description: "Events that have the property." }),
      too_long: countField.meta({
        description:
          "Events whose value is longer than 1,000 bytes of JSON. `events` includes them, `values` does not.",
      }),
      ...fresh,
    }),
  },
  problems: ["query-too-broad"],
});

export const getUniques = operation({
  method: "GET",
  path: "/v1/analytics/uniques",
  function: "analytics",
  summary: "Count the distinct values of a payload property",
  description:
    "Exact for up to 1,000,000 events; beyond that, a HyperLogLog estimate with a standard error of 0.81 %. Events without the property, or with null, are not counted.",
  scopes: ["read"],
  query: z.strictObject({
    property: propertyField,
    ...rangeQuery,
    where: whereQuery,
    interval: z
      .enum(["hour", "day", "week", "month"])
      .optional()
      .meta({ description: "Also counts by bucket; the buckets are those of `/v1/analytics/series`." }),
    tz: timeZoneParam,
  }),
  responses: {
    200: z.object({
      count: countField,
      buckets: z
        .array(z.object({ bucket: bucketField, count: countField }))
        .optional()
        .meta({ description: "Ordered by start; buckets without a value are omitted." }),
      method: z.enum(["exact", "hyperloglog"]),
      relative_error: z
        .number()
        .min(0)
        .meta({ description: "Relative standard error of each count; 0 if exact." }),
      ...fresh,
    }),
  },
  problems: ["query-too-broad"],
});

const { event_type: _, ...range } = rangeQuery;
const share = z.number().min(0).max(1).nullable();

export const getFunnel = operation({
  method: "POST",
  path: "/v1/analytics/funnel",
  function: "analytics",
  summary: "Count how many keys reached each step of a sequence",
  description:
    "A key has reached a step if it has a chain of events, one for each step up to it, each later than the previous one (by time, then event_id), and the last at most `window_seconds` after the first. Events without the key, or with null, are ignored.",
  scopes: ["read"],
  query: z.strictObject({}),
  body: z.strictObject({
    steps: z
      .array(z.strictObject({ event_type: textParam(200), where: whereField }))
      .min(2)
      .max(8),
    key: propertyField,
    window_seconds: z
      .int()
      .min(1)
      .max(400 * 86_400),
    ...range,
  }),
  responses: {
    200: z.object({
      steps: z.array(
        z.object({
          event_type: z.string(),
          count: countField.meta({ description: "Distinct keys that reached the step." }),
          conversion: share.meta({ description: "Share of the keys that reached the first step." }),
          step_conversion: share.meta({ description: "Share of the keys that reached the previous step." }),
        }),
      ),
      ...fresh,
    }),
  },
  problems: [
    "invalid-json",
    "invalid-encoding",
    "payload-too-large",
    "unsupported-media-type",
    "invalid-body",
    "query-too-broad",
  ],
});
