import type { Executor } from "./client.ts";

/** Revokes a key as of now; one that was revoked before keeps its time. */
export async function markRevoked(sql: Executor, keyId: string): Promise<void> {
  await sql`UPDATE api_keys SET revoked_at = now() WHERE key_id = ${keyId} AND revoked_at IS NULL`;
}
