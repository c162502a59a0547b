import type { Scope } from "../scope.ts";
import type { Executor } from "./client.ts";

export interface ListedKeyRow {
  key_id: string;
  prefix: string;
  scopes: Scope[];
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
}

/** A client's keys, oldest first, revoked ones included. */
export async function selectKeys(sql: Executor, clientId: string): Promise<ListedKeyRow[]> {
  return sql<ListedKeyRow[]>`
    SELECT key_id, prefix, scopes, created_at, expires_at, revoked_at, last_used_at
      FROM api_keys WHERE client_id = ${clientId}
     ORDER BY created_at, key_id`;
}
