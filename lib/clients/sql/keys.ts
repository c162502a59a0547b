import type { Scope } from "../../base/scope.ts";
import type { Executor } from "../../postgres/client.ts";
import { andIf, time, utc } from "../../postgres/fragments.ts";

export interface NewKeyRow {
  key_id: string;
  client_id: string;
  /** SHA-256 of the key. */
  hash: Buffer;
  prefix: string;
  scopes: Scope[];
  expires_at: Date | null;
}

/** @returns false if the key exists already, for any client */
export async function insertKey(sql: Executor, key: NewKeyRow): Promise<boolean> {
  const { count } = await sql`
    INSERT INTO api_keys (key_id, client_id, hash, prefix, scopes, expires_at)
    VALUES (${key.key_id}, ${key.client_id}, ${key.hash}, ${key.prefix}, ${key.scopes}, ${key.expires_at})
    ON CONFLICT (hash) DO NOTHING`;
  return count === 1;
}

/** Finds a key that somebody holds: not that of a source of webhooks. */
export async function findKeyOfClient(
  sql: Executor,
  clientId: string,
  keyId: string,
): Promise<{ hash: Buffer; prefix: string } | undefined> {
  const rows = await sql<{ hash: Buffer; prefix: string }[]>`
    SELECT hash, prefix FROM api_keys
     WHERE client_id = ${clientId} AND key_id = ${keyId} AND webhook_source IS NULL`;
  return rows[0];
}

export interface ListedKeyRow {
  key_id: string;
  prefix: string;
  scopes: Scope[];
  /** In UTC with six fractional digits. */
  created_at: string;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
}

/**
 * A client's keys, oldest first, revoked ones included; without those of sources of webhooks, which nobody holds.
 * @param after time and id of the last key of the previous page; undefined for the first page
 */
export async function selectKeys(
  sql: Executor,
  clientId: string,
  after: readonly [createdAt: string, keyId: string] | undefined,
  limit: number,
): Promise<ListedKeyRow[]> {
  return sql<ListedKeyRow[]>`
    SELECT key_id, prefix, scopes, ${utc(sql, "created_at")} AS created_at, expires_at, revoked_at, last_used_at
      FROM api_keys
     WHERE client_id = ${clientId} AND webhook_source IS NULL
           ${andIf(sql, after, ([at, keyId]) => sql`(api_keys.created_at, key_id) > (${time(sql, at)}, ${keyId})`)}
     ORDER BY api_keys.created_at, key_id
     LIMIT ${limit}`;
}

export interface RevokedKey {
  prefix: string;
  scopes: Scope[];
  expires_at: Date | null;
  /** Null if it was not revoked before. */
  revoked_before: Date | null;
  revoked_at: Date;
}

/**
 * Revokes a key as of now; a key that is already revoked keeps its time.
 * @returns the key before and after; undefined if no key has that id
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
