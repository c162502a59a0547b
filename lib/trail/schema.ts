/** Schemas of the trail's parts, for parsing files and API responses. */
import * as z from "zod";
import type { Checkpoint, LaneHead } from "./checkpoint.ts";
import type { Entry, Personal } from "./entry.ts";
import type { Seal } from "./seal.ts";

// Schemas check types, the verifier checks values: it can name the row or seal of an invalid value.
export const hexField = z.string().regex(/^(?:[0-9a-f]{2})*$/);
export const timeField = z.string().meta({ description: "RFC 3339 in UTC." });
export const dayField = z.string().meta({ example: "2026-11-23", description: "A day in UTC." });

export const entrySchema = z
  .strictObject({
    v: z.literal(1),
    at: timeField,
    request_id: z.string(),
    client_id: z.string().nullable(),
    key_prefix: z.string().nullable(),
    method: z.string(),
    route: z.string(),
    path: z.string(),
    status: z.int(),
    duration_ms: z.int(),
    bytes_in: z.int(),
    bytes_out: z.int().nullable(),
    change: z.strictObject({ before: z.unknown(), after: z.unknown() }).nullable(),
    personal: hexField.meta({
      description: "SHA-256 of the salt and the canonical JSON of address and user agent.",
    }),
  })
  .meta({ id: "TrailEntry", description: "An entry as it is hashed." }) satisfies z.ZodType<Entry>;

export const personalSchema = z
  .strictObject({
    salt: hexField,
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
  })
  .meta({ id: "TrailPersonal" }) satisfies z.ZodType<Personal>;

export const sealSchema = z
  .strictObject({
    v: z.literal(1),
    lane: z.int(),
    seal: z.int(),
    day: dayField,
    entries: z.int(),
    total: z.int(),
    sealed_at: timeField,
    root: hexField,
    previous: hexField,
    hash: hexField,
  })
  .meta({
    id: "TrailSeal",
    description: "The Merkle root of some entries, chained to the previous seal.",
  }) satisfies z.ZodType<Seal>;

export const laneHeadSchema = z
  .strictObject({ lane: z.int(), seals: z.int(), entries: z.int(), head: hexField })
  .meta({ id: "TrailLane", description: "The head of a lane." }) satisfies z.ZodType<LaneHead>;

export const checkpointSchema = z
  .strictObject({
    v: z.literal(1),
    checkpoint: z.int(),
    made_at: timeField,
    previous: hexField,
    lanes: z.array(laneHeadSchema),
    expired_before: dayField.nullable(),
    key_id: z.string(),
    signature: hexField.meta({ description: "Ed25519 over the checkpoint's hash." }),
  })
  .meta({ id: "TrailCheckpoint", description: "All lanes' heads, signed." }) satisfies z.ZodType<Checkpoint>;
