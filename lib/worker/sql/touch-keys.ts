import type { Executor } from "../../postgres/client.ts";

/** A used key, identified as in the audit log. */
export interface UsedKey {
  clientId: string;
  prefix: string;
}

/** Updates `last_used_at`, at most about once a minute per key, so that a busy key's row is not rewritten constantly. */
export async function touchKeys(sql: Executor, keys: readonly UsedKey[]): Promise<void> {
  await sql`
    UPDATE api_keys SET last_used_at = now()
     WHERE key_id IN (
       SELECT key_id FROM api_keys
         JOIN unnest(${keys.map((key) => key.clientId)}::text[], ${keys.map((key) => key.prefix)}::text[])
              AS used(client_id, prefix) USING (client_id, prefix)
        WHERE last_used_at IS NULL OR last_used_at < now() - interval '1 minute'
        ORDER BY key_id
          FOR UPDATE OF api_keys SKIP LOCKED)`;
}
