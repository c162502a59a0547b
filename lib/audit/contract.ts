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
    erased: z.boolean().meta({ description: "Whether address and user agent were erased." }),
    bytes_in: z.int().min(0),
    bytes_out: z.int().min(0).nullable().meta({
      description: "Null for sent events whose entry was queued with them, before the answer existed.",
    }),
    change: z.object({ before: z.unknown(), after: z.unknown() }).nullable().meta({
      description: "What an administrator's call or command changed, as it was before and after.",
    }),
    lane: z.int().min(0).meta({ description: "Of the audit trail: see docs/audit.md." }),
    seal: z.int().min(1).meta({ description: "Number of its seal in the lane." }),
    leaf: z.int().min(0).meta({ description: "Its place in the seal." }),
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
  path: textParam(1_000)
    .optional()
    .meta({ description: "The path exactly; with a * at its end, its prefix." }),
  address: textParam(100).optional().meta({ description: "The caller's IP address." }),
  request_id: z
    .string()
    .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    .optional()
    .meta({ description: "`X-Request-Id` of the answer.", format: "uuid" }),
  ...timeQuery,
};

/** A cursor of the trail holds the position in each lane. */
const trailCursor = cursorParam(4_000)
  .optional()
  .meta({ description: "`next_cursor` of the answer before." });

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
  summary: "The audit as a file, piece by piece",
  description:
    "Each answer is a piece of about 4 MB at the most; put one after the other they are the file. As NDJSON it is the audit trail with its seals and checkpoints, which `weir audit verify` checks without a server: docs/audit.md describes it. Entries that the filter leaves out stand there as hashes, or their seal stands alone. A key without the scope admin gets its own client's entries. As CSV (RFC 4180) it has the list's entries, newest first; a text that a spreadsheet might take for a formula, or that begins with an apostrophe, has an apostrophe before it.",
  scopes: ["audit"],
  query: z.strictObject({
    format: z.enum(exportFormats).default("ndjson"),
    ...auditQuery,
    limit: intParam(1, MAX_EXPORTED, MAX_EXPORTED).meta({
      description: "Most entries a piece. As NDJSON a seal is never divided.",
    }),
    cursor: trailCursor.meta({ description: "`X-Next-Cursor` of the piece before." }),
  }),
  responses: { 200: z.string() },
  responseType: ["application/x-ndjson", "text/csv"],
  download: true,
  problems: ["query-too-broad"],
});

export const verifyAudit = operation({
  method: "GET",
  path: "/v1/audit/verify",
  function: "audit",
  summary: "Is the audit as it was written?",
  description:
    "Recomputes every hash: of entries, seals, their chains, and checkpoints. With `start` or `end` it verifies the seals of those days (UTC), from the last checkpoint before them to the first one after them. What takes longer than one call goes on with `cursor`, while `complete` is false. An operator can change what a server answers: to verify without trusting one, export the trail and use `weir audit verify`.",
  scopes: ["audit"],
  query: z.strictObject({
    ...timeQuery,
    limit: intParam(1, 1_000_000, 1_000_000).meta({
      description: "Most entries that one call verifies; it ends before when its time is up.",
    }),
    cursor: trailCursor,
  }),
  responses: {
    200: z
      .object({
        valid: z.boolean().meta({ description: "Nothing wrong was found so far." }),
        complete: z.boolean().meta({ description: "False when there is more: go on with `next_cursor`." }),
        signatures: z.enum(["checked", "unchecked"]).meta({
          description: "Unchecked where the function knows no public key (AUDIT_PUBLIC_KEYS).",
        }),
        entries: countField.meta({ description: "Verified so far, as the other counts." }),
        seals: countField,
        checkpoints: countField,
        withheld: countField.meta({ description: "Entries of other days, whose content was not looked at." }),
        expired: countField.meta({ description: "Entries that are gone since their time is over." }),
        erased: countField.meta({ description: "Entries whose address and user agent were erased." }),
        head: z
          .object({
            lanes: z.array(laneHeadSchema),
            checkpoint: z
              .object({ checkpoint: z.int(), made_at: timeField, hash: hexField })
              .nullable()
              .meta({ description: "The last one." }),
          })
          .meta({ description: "How far it was verified." }),
        first_invalid: z
          .object(faultFields)
          .meta({ id: "TrailFault", description: "What is wrong first." })
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
  summary: "Proof that an entry is in the audit as it was written",
  description: `The entry, its way to the root of its seal, and the seals from there to a signed checkpoint, at most ${MAX_CHAIN.toLocaleString("en")}. \`weir audit prove\` checks it, and docs/audit.md says how to do it by hand. A key without the scope admin gets proofs of its own client's entries.`,
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
    "Keep copies of them where the operator can't change them: with them it shows when the newest entries are cut off.",
  scopes: ["audit"],
  query: z.strictObject({
    after: intParam(0, Number.MAX_SAFE_INTEGER, 0).meta({ description: "Only those with a higher number." }),
    ...pageQuery,
  }),
  responses: { 200: z.object({ checkpoints: z.array(checkpointSchema), next_cursor: nextCursor }) },
});
