/** Operations on the audit log. */
import * as z from "zod";
import { exportFormats, MAX_EXPORTED } from "../http/download.ts";
import {
  countField,
  cursorParam,
  intParam,
  nextCursor,
  pageQuery,
  rangeQuery,
  textParam,
  timeField,
  timeParam,
  uuid,
} from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { proofSchema } from "../trail/prove.ts";
import { checkpointSchema, hexField, laneHeadSchema } from "../trail/schema.ts";
import { faultFields } from "../trail/trail.ts";

export const auditEntrySchema = z
  .object({
    at: timeField,
    request_id: uuid,
    client_id: z.string().nullable(),
    key_prefix: z.string().nullable(),
    method: z
      .string()
      .meta({ description: "HTTP method; CLI or INVOKE for a command that was not sent over HTTP." }),
    route: z.string().meta({ description: "Route template; for a command, its name." }),
    path: z.string(),
    status: z.int(),
    duration_ms: z
      .int()
      .min(0)
      .meta({ description: "Response time; for sent events, including the time to queue them." }),
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
    erased: z.boolean().meta({ description: "Whether address and user agent were erased." }),
    bytes_in: z.int().min(0),
    bytes_out: z.int().min(0).nullable().meta({
      description: "Null for sent events whose entry was queued with them, before the response existed.",
    }),
    change: z.object({ before: z.unknown(), after: z.unknown() }).nullable().meta({
      description: "What an administrator's call or command changed: the state before and after.",
    }),
    lane: z.int().min(0).meta({ description: "Lane of the audit trail: see docs/audit.md." }),
    seal: z.int().min(1).meta({ description: "Number of the entry's seal in the lane." }),
    leaf: z.int().min(0).meta({ description: "The entry's position in the seal, from 0." }),
  })
  .meta({ id: "AuditEntry" });

const timeQuery = {
  start: timeParam.optional().meta({ description: "Calls at or after this time." }),
  end: timeParam.optional().meta({ description: "Calls before this time." }),
};

/** Filters for entries. */
export const auditQuery = {
  client: rangeQuery.client,
  method: textParam(20).optional(),
  route: textParam(1_000)
    .optional()
    .meta({ description: "The route's template, such as /v1/events/{event_id}, or $default." }),
  status: z
    .string()
    .regex(/^[1-5](?:\d\d|xx)$/)
    .optional()
    .meta({ description: "A status such as 429, or a class such as 4xx." }),
  path: textParam(1_000).optional().meta({ description: "The exact path, or a prefix if it ends with *." }),
  address: textParam(100).optional().meta({ description: "The caller's IP address." }),
  request_id: z
    .string()
    .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    .optional()
    .meta({ description: "`X-Request-Id` of the response.", format: "uuid" }),
  ...timeQuery,
};

/** A cursor of the trail holds the position in each lane. */
const trailCursor = cursorParam(4_000)
  .optional()
  .meta({ description: "`next_cursor` from the previous response." });

export const listAudit = operation({
  method: "GET",
  path: "/v1/audit",
  function: "audit",
  summary: "Who called what, newest first",
  scopes: ["audit"],
  query: z.strictObject({ ...auditQuery, ...pageQuery }),
  responses: { 200: z.object({ entries: z.array(auditEntrySchema), next_cursor: nextCursor }) },
  problems: ["query-too-broad"],
});

export const exportAudit = operation({
  method: "GET",
  path: "/v1/audit/export",
  function: "audit",
  summary: "Export the audit log as a file, in pieces",
  description:
    "Each response is a piece of at most about 4 MB; concatenated, the pieces are the file. NDJSON contains the audit trail with its seals and checkpoints, which `weir audit verify` checks without a server: see docs/audit.md. Entries that the filter excludes appear as hashes only, or only their seal appears. A key without the scope admin gets its own client's entries. CSV (RFC 4180) contains the entries of the list, newest first; text that a spreadsheet might interpret as a formula, or that begins with an apostrophe, is prefixed with an apostrophe.",
  scopes: ["audit"],
  query: z.strictObject({
    format: z.enum(exportFormats).default("ndjson"),
    ...auditQuery,
    limit: intParam(1, MAX_EXPORTED, MAX_EXPORTED).meta({
      description: "Maximum entries per piece. NDJSON never divides a seal.",
    }),
    cursor: trailCursor.meta({ description: "`X-Next-Cursor` from the previous piece." }),
  }),
  responses: { 200: z.string() },
  responseType: ["application/x-ndjson", "text/csv"],
  download: true,
  problems: ["query-too-broad"],
});

export const followAudit = operation({
  method: "GET",
  path: "/v1/audit/ocsf",
  function: "audit",
  summary: "Follow the audit log, as OCSF events",
  description:
    "Entries in ascending order, as API Activity (class 6003) of the Open Cybersecurity Schema Framework 1.8, for a SIEM that polls: keep `next_cursor`, and call again with it as `after`. No entry appears before a cursor that was given out. A key without the scope admin gets its own client's entries.",
  scopes: ["audit"],
  query: z.strictObject({
    client: rangeQuery.client,
    method: auditQuery.method,
    status: auditQuery.status,
    path: auditQuery.path,
    start: timeQuery.start.meta({
      description: "Where to begin without `after`: with the seals of this day (UTC).",
    }),
    after: z
      .union([z.literal("latest"), cursorParam(4_000)])
      .optional()
      .meta({
        description: "`next_cursor` from the previous response, or `latest` for what comes from now on.",
      }),
    limit: intParam(1, 10_000, 1_000).meta({
      description: "Maximum events; more only if a single seal of the trail has more.",
    }),
  }),
  responses: {
    200: z.object({
      events: z.array(z.looseObject({ class_uid: z.literal(6003), time: z.int(), type_uid: z.int() })),
      next_cursor: z.string(),
    }),
  },
  problems: ["query-too-broad"],
});

export const verifyAudit = operation({
  method: "GET",
  path: "/v1/audit/verify",
  function: "audit",
  summary: "Verify the audit log",
  description:
    "Recomputes every hash of entries, seals, chains and checkpoints. With `start` or `end`, it verifies the seals of those days (UTC), from the last checkpoint before them to the first one after them. If `complete` is false, continue with `cursor`. An operator can change what a server returns; to verify without trusting the operator, export the trail and use `weir audit verify`.",
  scopes: ["audit"],
  query: z.strictObject({
    ...timeQuery,
    limit: intParam(1, 1_000_000, 1_000_000).meta({
      description: "Maximum entries that one call verifies; it stops earlier if its time is up.",
    }),
    cursor: trailCursor,
  }),
  responses: {
    200: z
      .object({
        valid: z.boolean().meta({ description: "True if no fault has been found so far." }),
        complete: z.boolean().meta({ description: "False if there is more: continue with `next_cursor`." }),
        signatures: z.enum(["checked", "unchecked"]).meta({
          description: "Unchecked if the function has no public key (AUDIT_PUBLIC_KEYS).",
        }),
        entries: countField.meta({
          description: "Entries verified so far; the other counts are also totals so far.",
        }),
        seals: countField,
        checkpoints: countField,
        withheld: countField.meta({ description: "Entries of other days, whose content was not checked." }),
        expired: countField.meta({
          description: "Entries that were deleted because their retention period ended.",
        }),
        erased: countField.meta({ description: "Entries whose address and user agent were erased." }),
        head: z
          .object({
            lanes: z.array(laneHeadSchema),
            checkpoint: z
              .object({ checkpoint: z.int(), made_at: timeField, hash: hexField })
              .nullable()
              .meta({ description: "The last verified checkpoint." }),
          })
          .meta({ description: "How far the trail was verified." }),
        first_invalid: z
          .object(faultFields)
          .meta({ id: "TrailFault", description: "The first fault." })
          .optional(),
        next_cursor: nextCursor,
      })
      .meta({ id: "Verification" }),
  },
  problems: ["query-too-broad"],
});

/** Maximum seals in a proof between an entry and its checkpoint. */
export const MAX_CHAIN = 10_000;

export const getProof = operation({
  method: "GET",
  path: "/v1/audit/{request_id}/proof",
  function: "audit",
  summary: "Prove that an entry is in the audit log, unchanged",
  description: `The entry, its inclusion path to the root of its seal, and the seals from there to a signed checkpoint, at most ${MAX_CHAIN.toLocaleString("en")}. \`weir audit prove\` checks the proof; docs/audit.md describes how to check it by hand. A key without the scope admin gets proofs of its own client's entries only.`,
  scopes: ["audit"],
  params: z.object({ request_id: auditQuery.request_id.unwrap() }),
  query: z.strictObject({}),
  responses: { 200: proofSchema },
  problems: ["not-found", "unprovable", "query-too-broad"],
});

export const listCheckpoints = operation({
  method: "GET",
  path: "/v1/audit/checkpoints",
  function: "audit",
  summary: "Signed checkpoints, oldest first",
  description:
    "Keep copies where the operator can't change them: with a copy, you can detect that the newest entries were deleted.",
  scopes: ["audit"],
  query: z.strictObject({
    after: intParam(0, Number.MAX_SAFE_INTEGER, 0).meta({
      description: "Only checkpoints with a higher number.",
    }),
    ...pageQuery,
  }),
  responses: { 200: z.object({ checkpoints: z.array(checkpointSchema), next_cursor: nextCursor }) },
});
