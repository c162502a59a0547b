/**
 * The trail's format for export and verification: a header, then each lane's seals with their entries up to a
 * checkpoint's heads, the checkpoint, and so on; last, what follows the newest checkpoint. A file has one item per line.
 */
import * as z from "zod";
import type { Checkpoint } from "./checkpoint.ts";
import type { Entry, Personal } from "./entry.ts";
import {
  checkpointSchema,
  dayField,
  entrySchema,
  hexField,
  laneHeadSchema,
  personalSchema,
  sealSchema,
  timeField,
} from "./schema.ts";
import type { Seal } from "./seal.ts";

const place = { lane: z.int(), seal: z.int(), leaf: z.int() };

export const trailHeaderSchema = z.strictObject({
  type: z.literal("trail"),
  v: z.literal(1),
  made_at: timeField,
  /** The filter that selected the entries; if empty, all entries are included. */
  filter: z.record(z.string(), z.string()),
  /** Each lane's head, and the seal with which the lane begins in this trail. */
  lanes: z.array(laneHeadSchema.extend({ from: z.int() })),
  /** Number of the last checkpoint in the trail; 0 without one. */
  checkpoints: z.int().min(0),
  /** The first day whose entries are kept, according to the database. */
  expired_before: dayField.nullable(),
  /** The newest checkpoint of all, whose signature confirms `expired_before`. */
  newest_checkpoint: checkpointSchema.nullable(),
});

const faultKinds = ["entry", "seal", "checkpoint", "file"] as const;

/** A fault and its place. */
export const faultFields = {
  kind: z.enum(faultKinds),
  lane: z.int().optional(),
  seal: z.int().optional(),
  leaf: z.int().optional(),
  request_id: z.string().optional(),
  checkpoint: z.int().optional(),
  line: z.int().optional(),
  reason: z.string(),
};

const itemSchema = z.discriminatedUnion("type", [
  trailHeaderSchema,
  sealSchema.extend({ type: z.literal("seal") }),
  z.strictObject({
    type: z.literal("entry"),
    ...place,
    hash: hexField,
    entry: entrySchema,
    personal: personalSchema.nullable(),
  }),
  z.strictObject({ type: z.literal("leaf"), ...place, hash: hexField }),
  checkpointSchema.extend({ type: z.literal("checkpoint") }),
  z.strictObject({ type: z.literal("fault"), ...faultFields }),
]);

export type TrailHeader = z.output<typeof trailHeaderSchema>;
export type SealItem = Seal & { type: "seal" };
export type CheckpointItem = Checkpoint & { type: "checkpoint" };

interface Leaf {
  lane: number;
  seal: number;
  leaf: number;
  hash: string;
}
export interface EntryItem extends Leaf {
  type: "entry";
  entry: Entry;
  /** Null if erased. */
  personal: Personal | null;
}
/** Replaces an entry that the filter excluded from a seal with other included entries. */
export interface LeafItem extends Leaf {
  type: "leaf";
}

export interface Fault {
  kind: (typeof faultKinds)[number];
  lane?: number | undefined;
  seal?: number | undefined;
  leaf?: number | undefined;
  request_id?: string | undefined;
  checkpoint?: number | undefined;
  /** Line number in the file. */
  line?: number | undefined;
  reason: string;
}
/** A database row that does not belong in the trail. */
export interface FaultItem extends Fault {
  type: "fault";
}

export type TrailItem = TrailHeader | SealItem | EntryItem | LeafItem | CheckpointItem | FaultItem;

/** @returns an item's line of a file, including the line break */
export const toLine = (item: TrailItem): string => `${JSON.stringify(item)}\n`;

/** @throws {SyntaxError} for an invalid item; the message says what is wrong */
export function parseItem(line: string): TrailItem {
  const parsed = itemSchema.safeParse(JSON.parse(line));
  if (parsed.success) return parsed.data;
  throw new SyntaxError(describeIssues(parsed.error));
}

/** @throws {SyntaxError} for an invalid checkpoint */
export function parseCheckpoint(line: string): Checkpoint {
  const value: unknown = JSON.parse(line);
  // Accepts both a line of a trail and a bare checkpoint.
  const { type, ...members } = Object(value) as Record<string, unknown>;
  const parsed = checkpointSchema.safeParse(type === "checkpoint" ? members : value);
  if (parsed.success) return parsed.data;
  throw new SyntaxError(describeIssues(parsed.error));
}

/** All issues with a value, in one line. */
export const describeIssues = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`).join("; ");
