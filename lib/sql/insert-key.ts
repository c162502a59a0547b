import type { Scope } from "../scope.ts";
import type { Executor } from "./client.ts";

export interface NewKeyRow {
  key_id: string;
  client_id: string;
  /** SHA-256 of the key. */
  hash: Buffer;
  prefix: string;
  scopes: Scope[];
  expires_at: Date | null;
}

/** @returns false where the key is known already, of whichever client */
export async function insertKey(sql: Executor, key: NewKeyRow): Promise<boolean> {
  const { count } = await sql`
    INSERT INTO api_keys (key_id, client_id, hash, prefix, scopes, expires_at)
    VALUES (${key.key_id}, ${key.client_id}, ${key.hash}, ${key.prefix}, ${key.scopes}, ${key.expires_at})
    ON CONFLICT (hash) DO NOTHING`;
  return count === 1;
}
