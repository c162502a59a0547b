/** Checkpoints as the database stores them. */

import type { Checkpoint } from "../../trail/checkpoint.ts";
import { canonicalJson } from "../../trail/entry.ts";
import { checkpointSchema } from "../../trail/schema.ts";
import type { CheckpointRow } from "../sql/checkpoints.ts";

/** @returns undefined if the row is not a valid checkpoint, or not in the form in which it was written */
export function parseRow(row: CheckpointRow | undefined): Checkpoint | undefined {
  if (row === undefined) return undefined;
  try {
    const document = JSON.parse(row.document) as Record<string, unknown>;
    const parsed = checkpointSchema.safeParse({ ...document, signature: row.signature });
    const asWritten = canonicalJson(document) === row.document && document.checkpoint === row.checkpoint;
    return parsed.success && asWritten ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
