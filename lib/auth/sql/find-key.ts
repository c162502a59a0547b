import type { Scope } from "../../base/scope.ts";
import type { Executor } from "../../postgres/client.ts";

export interface KeyRow {
  key_id: string;
  client_id: string;
  prefix: string;
  scopes: Scope[];
  expires_at: Date | null;
  revoked_at: Date | null;
  active: boolean;
  rate_limit_per_second: number;
  burst: number;
  origins: string[];
}

/** Finds a key with its client. @param hash SHA-256 of the key */
export async function findKeyByHash(sql: Executor, hash: Buffer): Promise<KeyRow | undefined> {
  const rows = await sql<KeyRow[]>`
    SELECT k.key_id, k.client_id, k.prefix, k.scopes, k.expires_at, k.revoked_at,
           c.active, c.rate_limit_per_second, c.burst, c.origins
      FROM api_keys k JOIN clients c USING (client_id)
     WHERE k.hash = ${hash}`;
  return rows[0];
}
