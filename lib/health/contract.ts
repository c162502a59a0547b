/** Health checks. */
import * as z from "zod";
import {
  countField,
  intParam,
  nextCursor,
  pageQuery,
  timeField,
  timeParam,
  unqueuedSchema,
} from "../http/fields.ts";
import { operation } from "../http/operation.ts";

const checkSchema = z
  .object({ status: z.enum(["up", "down"]), latency_ms: z.number().min(0) })
  .meta({ id: "HealthCheck" });
const checksSchema = z.object({ database: checkSchema, redis: checkSchema, queue: checkSchema });

const partitionsSchema = z
  .object({
    runway_days: countField.meta({
      description: "Full days from now for which event partitions exist. Usually 35 or more.",
    }),
    default_rows: countField.meta({
      description:
        "Rows in DEFAULT partitions, counted up to 10,000 each. Maintenance moves or deletes them.",
    }),
  })
  .meta({ id: "Partitions" });

export const settingsSchema = z
  .object({
    weak: z
      .array(
        z
          .object({
            setting: z.string().meta({ example: "appendfsync" }),
            value: z.string().meta({ example: "everysec" }),
            wanted: z.string().meta({ example: "always" }),
            risk: z.string(),
          })
          .meta({ id: "WeakSetting" }),
      )
      .meta({ description: "Settings with which the server cannot keep Weir's promises." }),
    unknown: z.array(z.string()).meta({
      description: "Settings that the server does not reveal; managed services block CONFIG, for example.",
    }),
  })
  .meta({ id: "ServerSettings" });

export const healthSchema = z
  .object({
    status: z.enum(["ok", "unavailable"]).meta({
      description:
        "`ok` if every check is `up`, which means that a write to each server, undone or expiring, succeeded. Settings, partitions and the audit do not affect it.",
    }),
    at: timeField.meta({
      description: "Time of the check. A result may be reused for up to a second.",
    }),
    checks: checksSchema,
    settings: z.object({
      database: settingsSchema.nullable().meta({ description: "Null if the database does not answer." }),
      redis: settingsSchema.nullable().meta({ description: "Null if Redis does not answer." }),
    }),
    partitions: partitionsSchema.nullable().meta({ description: "Null if the database does not answer." }),
    audit: unqueuedSchema.nullable().meta({ description: "Null if the database does not answer." }),
    version: z.string(),
  })
  .meta({ id: "Health" });

export const getLiveness = operation({
  method: "GET",
  path: "/health/live",
  function: "health",
  summary: "Check that the API answers",
  scopes: [],
  responses: { 200: z.object({ status: z.literal("ok"), version: z.string() }) },
});

export const getHealth = operation({
  method: "GET",
  path: "/health",
  function: "health",
  summary: "Check that the database, Redis and the queue accept writes",
  scopes: [],
  responses: { 200: healthSchema, 503: healthSchema },
});

export const getHealthHistory = operation({
  method: "GET",
  path: "/health/history",
  function: "health",
  summary: "List the scheduled health checks, newest first",
  scopes: [],
  query: z.strictObject({
    start: timeParam.optional().meta({ description: "By default 24 hours before `end`." }),
    end: timeParam.optional().meta({ description: "By default now." }),
    limit: intParam(1, 1_500, 1_500).meta({
      description: "Maximum checks per page; by default those of a day, and a few more.",
    }),
    cursor: pageQuery.cursor,
  }),
  responses: {
    200: z.object({
      start: timeField,
      end: timeField,
      checked: countField.meta({ description: "Checks in the range, on all pages." }),
      unhealthy: countField,
      checks: z.array(
        z.object({ at: timeField, status: z.enum(["ok", "unavailable"]), checks: checksSchema }),
      ),
      next_cursor: nextCursor,
    }),
  },
  problems: ["database-unavailable"],
});
