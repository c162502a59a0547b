import type { Executor } from "./client.ts";
import { type CheckpointRow, checkpointColumns } from "./list-checkpoints.ts";

/** Checkpoints that are not in the bucket, oldest first. @param limit most of them */
export async function listMissingCheckpoints(sql: Executor, limit: number): Promise<CheckpointRow[]> {
  return sql<CheckpointRow[]>`
    SELECT ${checkpointColumns(sql)} FROM audit_checkpoints WHERE NOT in_bucket ORDER BY checkpoint LIMIT ${limit}`;
}
