/** Operations that count events. */
import * as z from "zod";
import {
  bucketField,
  countField,
  countQuery,
  freshness,
  intParam,
  timeField,
  timeZoneParam,
} from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { whereQuery } from "../query/fields.ts";
import { intervals } from "./calendar.ts";
import { dimensionFields, measureFields, measureQuery, meterFields } from "./measure-fields.ts";

export const orders = ["most", "least", "name"] as const;

/** Names are checked by the use case, since a meter has its own. */
const byField = z
  .string()
  .max(130)
  .regex(/^[a-z0-9_-]+(?:,[a-z0-9_-]+){0,2}$/, "must be client, event_type, or client,event_type")
  .transform((text) => [...new Set(text.split(","))])
  .meta({
    description: "`client`, `event_type` or `client,event_type`; with `meter`, names of its dimensions.",
    example: "event_type",
  });

const orderField = z.enum(orders).default("most").meta({
  description:
    "Order of the groups: most events first, fewest events first, or by name. With `measure`, `most` and `least` go by its value.",
});

const groupNames = {
  client_id: z.string().optional(),
  event_type: z.string().optional(),
  ...dimensionFields,
};

export const countEvents = operation({
  method: "GET",
  path: "/v1/analytics/count",
  function: "analytics",
  summary: "Count events, and measure a property of their payloads",
  description:
    "With `where` or `measure`, and no `meter`, the call reads raw rows; a range with too many of them fails with `query-too-broad`.",
  scopes: ["read"],
  query: z.strictObject({ ...countQuery, where: whereQuery, ...measureQuery }),
  responses: { 200: z.object({ count: countField, ...measureFields, ...meterFields, ...freshness }) },
  problems: ["query-too-broad", "not-found"],
});

export const groupEvents = operation({
  method: "GET",
  path: "/v1/analytics/group",
  function: "analytics",
  summary: "Count events by client, type, or both, and measure a property of their payloads",
  description:
    "With `where` or `measure`, and no `meter`, the call reads raw rows; a range with too many of them fails with `query-too-broad`.",
  scopes: ["read"],
  query: z.strictObject({
    ...countQuery,
    where: whereQuery,
    ...measureQuery,
    by: byField,
    order: orderField,
    limit: intParam(1, 1_000, 100).meta({ description: "Maximum number of groups." }),
  }),
  responses: {
    200: z.object({
      groups: z.array(z.object({ ...groupNames, count: countField, ...measureFields })),
      ...meterFields,
      ...freshness,
    }),
  },
  problems: ["query-too-broad", "not-found"],
});

export const getSeries = operation({
  method: "GET",
  path: "/v1/analytics/series",
  function: "analytics",
  summary: "Count events by minute, hour, day, week or month, and measure a property of their payloads",
  description:
    "Buckets without events are included, with 0. Days, weeks (from Monday) and months are those of `tz`, so a day has 23 or 25 hours when clocks change; hours begin when the local clock reads :00. The first and last bucket count only events within the range.",
  scopes: ["read"],
  query: z.strictObject({
    ...countQuery,
    start: countQuery.start.meta({
      description:
        "Events at or after this time; by default 60 minutes, 24 hours, 30 days, 26 weeks or 365 days before `end`.",
    }),
    end: countQuery.end.meta({ description: "Events before this time; by default, now." }),
    where: whereQuery,
    ...measureQuery,
    interval: z.enum(intervals),
    tz: timeZoneParam,
    by: byField.optional(),
    order: orderField,
    limit: intParam(1, 100, 10).meta({
      description: "With `by`: maximum number of groups, the first ones by `order`.",
    }),
  }),
  responses: {
    200: z.object({
      interval: z.enum(intervals),
      tz: z.string(),
      start: timeField,
      end: timeField,
      series: z.array(
        z.object({
          bucket: bucketField,
          ...groupNames,
          count: countField,
          ...measureFields,
        }),
      ),
      ...meterFields,
      ...freshness,
    }),
  },
  problems: ["query-too-broad", "not-found"],
});

const milliseconds = z.number().min(0).nullable();

export const getLatency = operation({
  method: "GET",
  path: "/v1/analytics/latency",
  function: "analytics",
  summary: "Time from received to stored",
  description:
    "`count` and `max_ms` are exact. Percentiles come from a sketch; their relative error is at most `relative_error`.",
  scopes: ["read"],
  query: z.strictObject(countQuery),
  responses: {
    200: z.object({
      count: countField,
      p50_ms: milliseconds,
      p95_ms: milliseconds,
      p99_ms: milliseconds,
      max_ms: milliseconds,
      relative_error: z.number(),
      ...freshness,
    }),
  },
  problems: ["query-too-broad"],
});
