import type { Scope } from "../scope.ts";
import type { Executor } from "./client.ts";

export interface RevokedKey {
  prefix: string;
  scopes: Scope[];
  expires_at: Date | null;
  /** Null where it was not revoked before. */
  revoked_before: Date | null;
  revoked_at: Date;
}

/**
 * Revokes a key as of now; one that was revoked before keeps its time.
 * @returns the key as it was and is; undefined where there is none of that id
 */
export async function markRevoked(sql: Executor, keyId: string): Promise<RevokedKey | undefined> {
  const rows = await sql<RevokedKey[]>`
    WITH before AS (
      SELECT key_id, revoked_at FROM api_keys WHERE key_id = ${keyId} FOR UPDATE
    )
    UPDATE api_keys k SET revoked_at = coalesce(before.revoked_at, now())
      FROM before WHERE k.key_id = before.key_id
    RETURNING k.prefix, k.scopes, k.expires_at, before.revoked_at AS revoked_before, k.revoked_at`;
  return rows[0];
}
