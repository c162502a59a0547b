/** Is it well? */
import * as z from "zod";
import { countField, timeField, timeParam, unqueuedSchema } from "./fields.ts";
import { operation } from "./operation.ts";

const checkSchema = z
  .object({ status: z.enum(["up", "down"]), latency_ms: z.number().min(0) })
  .meta({ id: "HealthCheck" });
const checksSchema = z.object({ database: checkSchema, redis: checkSchema, queue: checkSchema });

const partitionsSchema = z
  .object({
    runway_days: countField.meta({
      description: "Whole days from now for which partitions of events have been made. Usually 35 and more.",
    }),
    default_rows: countField.meta({
      description:
        "Rows that fell into a DEFAULT partition, counted to 10,000 each. Maintenance moves or deletes them.",
    }),
  })
  .meta({ id: "Partitions" });

export const healthSchema = z
  .object({
    status: z.enum(["ok", "unavailable"]),
    checks: checksSchema,
    partitions: partitionsSchema.nullable().meta({ description: "Null when the database does not answer." }),
    audit: unqueuedSchema.nullable().meta({ description: "Null when the database does not answer." }),
    version: z.string(),
  })
  .meta({ id: "Health" });

export const getLiveness = operation({
  method: "GET",
  path: "/health/live",
  function: "health",
  summary: "Is the API answering at all",
  scopes: [],
  responses: { 200: z.object({ status: z.literal("ok"), version: z.string() }) },
});

export const getHealth = operation({
  method: "GET",
  path: "/health",
  function: "health",
  summary: "Are the database, Redis and the queue answering, asked now",
  scopes: [],
  responses: { 200: healthSchema, 503: healthSchema },
});

export const getHealthHistory = operation({
  method: "GET",
  path: "/health/history",
  function: "health",
  summary: "The scheduled health checks, newest first",
  scopes: [],
  query: z.strictObject({
    start: timeParam.optional().meta({ description: "By default 24 hours before `end`." }),
    end: timeParam.optional().meta({ description: "By default now." }),
  }),
  responses: {
    200: z.object({
      start: timeField,
      end: timeField,
      checked: countField.meta({ description: "Checks in the range; only the newest 1,500 are listed." }),
      unhealthy: countField,
      checks: z.array(
        z.object({ at: timeField, status: z.enum(["ok", "unavailable"]), checks: checksSchema }),
      ),
    }),
  },
  problems: ["database-unavailable"],
});
