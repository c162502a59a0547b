/** Calls about the record of all calls. */
import * as z from "zod";
import { nextCursor, pageQuery, rangeQuery, timeField, timeParam } from "./fields.ts";
import { operation } from "./operation.ts";

export const auditEntrySchema = z
  .object({
    at: timeField,
    request_id: z.string().meta({ format: "uuid" }),
    client_id: z.string().nullable(),
    key_prefix: z.string().nullable(),
    method: z.string().meta({ description: "For a command without HTTP CLI, or INVOKE." }),
    route: z.string().meta({ description: "For a command its name." }),
    path: z.string(),
    status: z.int(),
    duration_ms: z
      .int()
      .min(0)
      .meta({ description: "Response time; for sent events it includes the enqueue." }),
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
    bytes_in: z.int().min(0),
    bytes_out: z.int().min(0).nullable().meta({
      description:
        "Null only for events sent before version 7 of the schema, whose answers' size nobody noted.",
    }),
    change: z.object({ before: z.unknown(), after: z.unknown() }).nullable().meta({
      description: "What an administrator's call or command changed, as it was before and after.",
    }),
    lane: z.int().min(0).meta({ description: "Of the audit trail: see docs/audit.md." }),
    seal: z.int().min(1).meta({ description: "Number of its seal in the lane." }),
    leaf: z.int().min(0).meta({ description: "Its place in the seal." }),
  })
  .meta({ id: "AuditEntry" });

export const listAudit = operation({
  method: "GET",
  path: "/v1/audit",
  function: "audit",
  summary: "Who called what, newest first",
  scopes: ["audit"],
  query: z.strictObject({
    client: rangeQuery.client,
    method: z.string().min(1).max(20).optional(),
    status: z
      .string()
      .regex(/^[1-5](?:\d\d|xx)$/)
      .optional()
      .meta({ description: "A status such as 429, or a class such as 4xx." }),
    path: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .meta({ description: "The path exactly; with a * at its end, its prefix." }),
    start: timeParam.optional(),
    end: timeParam.optional(),
    ...pageQuery,
  }),
  responses: { 200: z.object({ entries: z.array(auditEntrySchema), next_cursor: nextCursor }) },
  problems: ["query-too-broad"],
});
