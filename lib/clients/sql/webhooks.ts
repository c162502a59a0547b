import type { WebhookKind } from "../../base/webhook-kind.ts";
import type { Executor } from "../../postgres/client.ts";

export interface WebhookRow {
  source: string;
  kind: WebhookKind;
  key_id: string;
  created_at: Date;
}

export interface SecretRow {
  secret_id: string;
  created_at: Date;
}

/** @returns false if a source has that name, of any client */
export async function insertSource(
  sql: Executor,
  row: { source: string; client_id: string; kind: WebhookKind; key_id: string },
): Promise<boolean> {
  const { count } = await sql`
    INSERT INTO webhook_sources (source, client_id, kind, key_id)
    VALUES (${row.source}, ${row.client_id}, ${row.kind}, ${row.key_id})
    ON CONFLICT (source) DO NOTHING`;
  return count === 1;
}

/** Inserts the key that a source's deliveries are admitted with. @param hash SHA-256 of something that nobody knows */
export async function insertSourceKey(
  sql: Executor,
  row: { key_id: string; client_id: string; hash: Buffer; prefix: string; source: string },
): Promise<void> {
  await sql`
    INSERT INTO api_keys (key_id, client_id, hash, prefix, scopes, webhook_source)
    VALUES (${row.key_id}, ${row.client_id}, ${row.hash}, ${row.prefix}, '{ingest}', ${row.source})`;
}

export async function findWebhook(
  sql: Executor,
  clientId: string,
  source: string,
): Promise<WebhookRow | undefined> {
  const rows = await sql<WebhookRow[]>`
    SELECT source, kind, key_id, created_at FROM webhook_sources
     WHERE client_id = ${clientId} AND source = ${source}`;
  return rows[0];
}

/** A client's sources by name. @param after last name of the previous page; null for the first page */
export async function selectWebhooks(
  sql: Executor,
  clientId: string,
  after: string | null,
  limit: number,
): Promise<WebhookRow[]> {
  return sql<WebhookRow[]>`
    SELECT source, kind, key_id, created_at FROM webhook_sources
     WHERE client_id = ${clientId} AND (${after}::text IS NULL OR source > ${after})
     ORDER BY source
     LIMIT ${limit}`;
}

/** Secrets of some sources, without their text, oldest first. */
export async function selectSecrets(
  sql: Executor,
  sources: readonly string[],
): Promise<(SecretRow & { source: string })[]> {
  return sql<(SecretRow & { source: string })[]>`
    SELECT source, secret_id, created_at FROM webhook_secrets
     WHERE source = ANY(${sources as string[]})
     ORDER BY created_at, secret_id`;
}

export async function insertSecret(
  sql: Executor,
  row: { secret_id: string; source: string; secret: string },
): Promise<SecretRow | undefined> {
  const rows = await sql<SecretRow[]>`
    INSERT INTO webhook_secrets (secret_id, source, secret)
    VALUES (${row.secret_id}, ${row.source}, ${row.secret})
    RETURNING secret_id, created_at`;
  return rows[0];
}

export async function deleteSecret(sql: Executor, secretId: string): Promise<void> {
  await sql`DELETE FROM webhook_secrets WHERE secret_id = ${secretId}`;
}

/** Deletes a source with its secrets. */
export async function deleteSource(sql: Executor, source: string): Promise<void> {
  await sql`DELETE FROM webhook_sources WHERE source = ${source}`;
}
