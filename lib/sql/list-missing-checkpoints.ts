import type { Checkpoint } from "../trail/checkpoint.ts";
import type { Executor } from "./client.ts";
import { toCheckpoint } from "./read-checkpoint-base.ts";

/** Checkpoints that are not in the bucket, oldest first. @param limit most of them */
export async function listMissingCheckpoints(sql: Executor, limit: number): Promise<Checkpoint[]> {
  const rows = await sql<{ document: string; signature: string }[]>`
    SELECT document, encode(signature, 'hex') AS signature FROM audit_checkpoints
     WHERE NOT in_bucket ORDER BY checkpoint LIMIT ${limit}`;
  return rows.map(toCheckpoint);
}
