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
  source: z.literal("raw").meta({ description: "The answer comes from the events themselves." }),
};

export const getTop = operation({
  method: "GET",
  path: "/v1/analytics/top",
  function: "analytics",
  summary: "The most frequent values of a payload property, most first",
  description:
    "Values are JSON as it was sent, so 1 and 1.0 are two. Events without the property are not counted.",
  scopes: ["read"],
  query: z.strictObject({
    property: propertyField,
    ...rangeQuery,
    where: whereQuery,
    limit: intParam(1, 1_000, 10).meta({ description: "Most values." }),
  }),
  responses: {
    200: z.object({
      values: z.array(z.object({ value: z.json(), count: countField })),
      events: countField.meta({ description: "Events that have the property." }),
      too_long: countField.meta({
        description:
          "Those of them whose value is longer than 1,000 bytes of JSON; it is not among the values.",
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
  summary: "How many distinct values a payload property has",
  description:
    "Exact over up to 1,000,000 events; beyond that a HyperLogLog estimate with a standard error of 0.81 %. Events without the property, or with null, are not counted.",
  scopes: ["read"],
  query: z.strictObject({
    property: propertyField,
    ...rangeQuery,
    where: whereQuery,
    interval: z
      .enum(["hour", "day", "week", "month"])
      .optional()
      .meta({ description: "Also by bucket, cut as `/v1/analytics/series` cuts them." }),
    tz: timeZoneParam,
  }),
  responses: {
    200: z.object({
      count: countField,
      buckets: z
        .array(z.object({ bucket: bucketField, count: countField }))
        .optional()
        .meta({ description: "In order of time, by their start; those without a value are left out." }),
      method: z.enum(["exact", "hyperloglog"]),
      relative_error: z
        .number()
        .min(0)
        .meta({ description: "Standard error of each count, relative to it; 0 when exact." }),
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
  summary: "How many got how far through a sequence of steps",
  description:
    "A key has reached a step when it has a chain of events, one for each step so far, each later than the one before (by time, then event_id), the last at most `window_seconds` after the first. Events without the key, or with null, are left out.",
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
          conversion: share.meta({ description: "Share of those that reached the first step." }),
          step_conversion: share.meta({ description: "Share of those that reached the step before." }),
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
