/** Questions about events. */
import * as z from "zod";
import { countField, freshness, rangeQuery } from "./fields.ts";
import { operation } from "./operation.ts";

const groupings = ["client", "event_type"] as const;

export const countEvents = operation({
  method: "GET",
  path: "/v1/analytics/count",
  function: "analytics",
  summary: "How many events",
  scopes: ["read"],
  query: z.strictObject(rangeQuery),
  responses: { 200: z.object({ count: countField, ...freshness }) },
  problems: ["query-too-broad"],
});

export const groupEvents = operation({
  method: "GET",
  path: "/v1/analytics/group",
  function: "analytics",
  summary: "How many events of each client, type, or both; most first",
  scopes: ["read"],
  query: z.strictObject({
    ...rangeQuery,
    by: z
      .string()
      .transform((text, context) => {
        const names = [...new Set(text.split(","))];
        const known = names.filter((name): name is (typeof groupings)[number] =>
          groupings.some((grouping) => grouping === name),
        );
        if (known.length === names.length) return known;
        context.addIssue({ code: "custom", message: "must be client, event_type, or client,event_type" });
        return z.NEVER;
      })
      .meta({
        enum: ["client", "event_type", "client,event_type", "event_type,client"],
        example: "event_type",
      }),
  }),
  responses: {
    200: z.object({
      groups: z.array(
        z.object({ client_id: z.string().optional(), event_type: z.string().optional(), count: countField }),
      ),
      ...freshness,
    }),
  },
  problems: ["query-too-broad"],
});

const milliseconds = z.number().min(0).nullable();

export const getLatency = operation({
  method: "GET",
  path: "/v1/analytics/latency",
  function: "analytics",
  summary: "Time from received to stored",
  scopes: ["read"],
  query: z.strictObject(rangeQuery),
  responses: {
    200: z.object({
      count: countField,
      p50_ms: milliseconds,
      p95_ms: milliseconds,
      p99_ms: milliseconds,
      max_ms: milliseconds,
      ...freshness,
    }),
  },
  problems: ["query-too-broad"],
});
