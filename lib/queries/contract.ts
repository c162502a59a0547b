/** Questions that are answered in parts. */
import * as z from "zod";
import { getFunnel, getTop, getUniques } from "../analytics/properties-contract.ts";
import {
  bodyProblems,
  countField,
  intParam,
  nextCursor,
  pageQuery,
  rangeQuery,
  timeField,
  timeZoneParam,
  uuid,
} from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { propertyField, whereField } from "../query/fields.ts";

const kinds = ["top", "uniques", "funnel"] as const;

/** Members of an answer that say how fresh and from what it is; a query has its own. */
const answerOf = (schema: z.ZodObject): z.ZodObject =>
  schema.omit({ as_of: true, lag_ms: true, source: true });

const costSchema = z
  .object({
    events: countField.meta({
      description:
        "Events in the range, of its types, from the rollups; conditions on payloads may select fewer.",
    }),
    parts: z.int().min(1),
  })
  .meta({ id: "QueryCost" });

const querySchema = z
  .object({
    query_id: uuid,
    kind: z.enum(kinds),
    status: z.enum(["running", "completed", "failed"]),
    request: z.looseObject({}).meta({ description: "The query, as it was sent." }),
    cost: costSchema,
    parts_done: countField,
    created_at: timeField,
    updated_at: timeField,
    expires_at: timeField.meta({ description: "When it is deleted." }),
    as_of: timeField.nullable().meta({
      description:
        "The result includes every event received before this time, and none that was stored after the query was created. Null if the queue was unavailable then.",
    }),
    result: z
      .union([
        answerOf(getTop.responses[200]).extend({
          max_missing: countField.meta({
            description: "The most that may be missing from a count; 0 if all counts are exact.",
          }),
        }),
        answerOf(getUniques.responses[200]),
        answerOf(getFunnel.responses[200]),
      ])
      .nullable()
      .meta({
        description:
          "As the call of the same name in `/v1/analytics` answers; null until the query is completed.",
      }),
    error: z.string().nullable().meta({ description: "Why it failed." }),
  })
  .meta({ id: "Query" });

const common = {
  ...rangeQuery,
  dry_run: z.boolean().default(false).meta({ description: "Only tells the cost." }),
};
const topSchema = z.strictObject({
  kind: z.literal("top"),
  property: propertyField,
  where: whereField,
  limit: z.int().min(1).max(1_000).default(10),
  ...common,
});
const uniquesSchema = z.strictObject({
  kind: z.literal("uniques"),
  property: propertyField,
  where: whereField,
  interval: getUniques.query.shape.interval,
  tz: timeZoneParam,
  ...common,
});
const { event_type: _, ...commonOfFunnel } = common;
const funnelSchema = z.strictObject({
  kind: z.literal("funnel"),
  steps: getFunnel.body.shape.steps,
  key: propertyField,
  window_seconds: getFunnel.body.shape.window_seconds,
  ...commonOfFunnel,
});
export const newQuerySchema = z.discriminatedUnion("kind", [topSchema, uniquesSchema, funnelSchema]);

const read = { function: "analytics", scopes: ["read"] } as const;
const queryParam = z.object({ query_id: uuid });

export const createQuery = operation({
  ...read,
  method: "POST",
  path: "/v1/queries",
  summary: "Ask a question about many events, which is answered in parts",
  description:
    "The questions of `/v1/analytics/top`, `/uniques` and `/funnel`, over ranges that take too long for one call. `GET /v1/queries/{query_id}` does the work: call it until `status` is no longer `running`. With `dry_run`, the response is 200 with the cost, and nothing is stored. A client can have 10 queries running; its newest 100 are kept, for 7 days.",
  query: z.strictObject({}),
  body: newQuerySchema,
  responses: { 200: z.object({ cost: costSchema }), 202: querySchema },
  problems: [...bodyProblems, "conflict", "query-too-broad"],
});

export const getQuery = operation({
  ...read,
  method: "GET",
  path: "/v1/queries/{query_id}",
  summary: "Get a query, and work on it while it runs",
  params: queryParam,
  query: z.strictObject({
    wait: intParam(0, 20, 5).meta({
      description:
        "Seconds to work on it. The call ends earlier if the query does, and after the part that it has begun.",
    }),
  }),
  responses: { 200: querySchema },
  problems: ["not-found", "query-too-broad"],
});

export const listQueries = operation({
  ...read,
  method: "GET",
  path: "/v1/queries",
  summary: "List the queries of the key's client, newest first; an administrator sees all",
  query: z.strictObject(pageQuery),
  responses: { 200: z.object({ queries: z.array(querySchema), next_cursor: nextCursor }) },
});

export const deleteQuery = operation({
  ...read,
  method: "DELETE",
  path: "/v1/queries/{query_id}",
  summary: "Cancel and delete a query",
  params: queryParam,
  query: z.strictObject({}),
  responses: { 204: null },
  problems: ["not-found"],
});
