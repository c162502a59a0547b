import type { WebhookKind } from "../../base/webhook-kind.ts";
import type { Executor } from "../../postgres/client.ts";

export interface SourceRow {
  client_id: string;
  kind: WebhookKind;
  key_id: string;
  /** SHA-256 of the key that its deliveries are admitted with. */
  hash: Buffer;
  prefix: string;
  /** Oldest first. */
  secrets: string[];
}

/** Finds a source of webhooks with its secrets. */
export async function findSource(sql: Executor, source: string): Promise<SourceRow | undefined> {
  const rows = await sql<SourceRow[]>`
    SELECT w.client_id, w.kind, w.key_id, k.hash, k.prefix,
           ARRAY(SELECT s.secret FROM webhook_secrets s WHERE s.source = w.source
                  ORDER BY s.created_at, s.secret_id) AS secrets
      FROM webhook_sources w JOIN api_keys k USING (key_id)
     WHERE w.source = ${source}`;
  return rows[0];
}
