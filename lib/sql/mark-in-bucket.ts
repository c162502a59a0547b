import type { Executor } from "./client.ts";

export async function markInBucket(sql: Executor, checkpoint: number): Promise<void> {
  await sql`UPDATE audit_checkpoints SET in_bucket = true WHERE checkpoint = ${checkpoint}`;
}
