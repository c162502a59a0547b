/** Sources of webhooks: create, list, delete, and replace their secrets. */
import { randomBytes } from "node:crypto";
import type { z } from "zod";
import { unrecorded } from "../audit/record/change.ts";
import { loadKey } from "../auth/authenticate.ts";
import { findSource } from "../auth/sql/find-source.ts";
import { forgetSource, publishSource } from "../auth/webhook-source.ts";
import { newKeyId, newWebhookSecretId } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { Changed } from "../http/call.ts";
import { decodeCursor, encodeCursor, isTextPart } from "../http/cursor.ts";
import { outage } from "../http/errors.ts";
import { Problem } from "../http/problem.ts";
import { checkBody } from "../http/validate.ts";
import type { Database, Transaction } from "../postgres/client.ts";
import { transaction } from "../postgres/transaction.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shards } from "../redis/shards.ts";
import { requireClient } from "./clients.ts";
import { lockClient } from "./sql/clients.ts";
import { markRevoked } from "./sql/keys.ts";
import {
  deleteSecret,
  deleteSource,
  findWebhook,
  insertSecret,
  insertSource,
  insertSourceKey,
  type SecretRow,
  selectSecrets,
  selectWebhooks,
  type WebhookRow,
} from "./sql/webhooks.ts";
import { secretOf } from "./webhook-secret.ts";
import { newSecretSchema, newWebhookSchema, type webhookSchema } from "./webhooks-contract.ts";

type Servers = { sql: Database; redis: RedisConnection; shards: Shards; log: Log };

/** Secrets of a source while one is replaced. */
const MOST_SECRETS = 2;

/** A source as the API shows it. */
export type Webhook = z.output<typeof webhookSchema>;
export type NewWebhook = Webhook & { secret: string };
export type NewWebhookSecret = { secret_id: string; secret: string; created_at: string };

const toSecret = ({ secret_id, created_at }: SecretRow) => ({
  secret_id,
  created_at: created_at.toISOString(),
});
const toWebhook = (
  { source, kind, created_at }: Omit<WebhookRow, "key_id">,
  secrets: readonly SecretRow[],
): Webhook => ({
  source,
  kind,
  path: `/v1/webhooks/${source}`,
  secrets: secrets.map(toSecret),
  created_at: created_at.toISOString(),
});

/**
 * Creates a source with its first secret.
 * @throws {Problem} `not-found` for an unknown client; `conflict` if the name is taken; `invalid-body`; `queue-unavailable` if
 * Redis is away, then nothing has changed
 */
export async function createWebhook(
  deps: Servers,
  clientId: string,
  input: z.input<typeof newWebhookSchema>,
  changed: Changed = unrecorded,
): Promise<NewWebhook> {
  const { source, kind, secret: given } = checkBody(newWebhookSchema, input);
  const secret = secretOf(kind, given);
  const key = {
    key_id: newKeyId(),
    client_id: clientId,
    hash: randomBytes(32),
    prefix: `webhook:${source}`,
    source,
  };
  const webhook = await change(deps, clientId, source, async (tx) => {
    await insertSourceKey(tx, key);
    if (!(await insertSource(tx, { source, client_id: clientId, kind, key_id: key.key_id })))
      throw new Problem("conflict", `The webhook source ${source} already exists.`);
    await insertSecret(tx, { secret_id: newWebhookSecretId(), source, secret });
    return readWebhook(tx, clientId, source);
  });
  changed({ before: null, after: recorded(clientId, webhook) });
  // So that deliveries need PostgreSQL not even for the first time.
  const reference = { hash: key.hash.toString("base64url"), clientId, prefix: key.prefix };
  await loadKey(deps, reference).catch((error: Error) => {
    deps.log.warn("new-key-not-cached", { key_id: key.key_id, error });
  });
  return { ...webhook, secret };
}

/** A client's sources by name, a page at a time. @throws {Problem} `not-found`; `invalid-parameter` for an invalid cursor */
export async function listWebhooks(
  deps: { sql: Database },
  clientId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ webhooks: Webhook[]; next_cursor: string | null }> {
  await requireClient(deps, clientId);
  const [after = null] = cursor === undefined ? [] : decodeCursor(cursor, [isTextPart]);
  // One row more than requested shows whether there is a next page.
  const rows = await selectWebhooks(deps.sql, clientId, after, limit + 1);
  const shown = rows.slice(0, limit);
  const secrets = await selectSecrets(
    deps.sql,
    shown.map(({ source }) => source),
  );
  const bySource = Map.groupBy(secrets, ({ source }) => source);
  const webhooks = shown.map((row) => toWebhook(row, bySource.get(row.source) ?? []));
  const last = rows.length > limit ? webhooks.at(-1) : undefined;
  return { webhooks, next_cursor: last ? encodeCursor([last.source]) : null };
}

/**
 * Deletes a source and revokes its key; the next delivery is refused. Redis may still hold the key as valid, but only the
 * source's record leads to it.
 * @throws {Problem} `not-found`; `queue-unavailable` if Redis is away, then nothing has changed
 */
export async function deleteWebhook(
  deps: Servers,
  clientId: string,
  source: string,
  changed: Changed = unrecorded,
): Promise<void> {
  const before = await change(deps, clientId, source, async (tx) => {
    const { key_id } = await requireWebhook(tx, clientId, source);
    const webhook = await readWebhook(tx, clientId, source);
    await deleteSource(tx, source);
    await markRevoked(tx, key_id);
    return webhook;
  });
  changed({ before: recorded(clientId, before), after: null });
}

/**
 * Adds the second secret of a source.
 * @throws {Problem} `not-found`, `invalid-body`; `secret-limit` if there are two; `queue-unavailable` if Redis is away, then
 * nothing has changed
 */
export async function addSecret(
  deps: Servers,
  clientId: string,
  source: string,
  input: z.input<typeof newSecretSchema>,
  changed: Changed = unrecorded,
): Promise<NewWebhookSecret> {
  const { secret: given } = checkBody(newSecretSchema, input);
  const added = await change(deps, clientId, source, async (tx) => {
    const before = await readWebhook(tx, clientId, source);
    const secret = secretOf(before.kind, given);
    if (before.secrets.length >= MOST_SECRETS)
      throw new Problem("secret-limit", "The source has two secrets already; remove one first.");
    const row = await insertSecret(tx, { secret_id: newWebhookSecretId(), source, secret });
    if (!row) throw new Error("PostgreSQL returned no row for a new secret.");
    const shown = toSecret(row);
    return { before, shown, secret };
  });
  const { before, shown, secret } = added;
  const after = { ...before, secrets: [...before.secrets, shown] };
  changed({ before: recorded(clientId, before), after: recorded(clientId, after) });
  return { ...shown, secret };
}

/**
 * Removes a secret of a source; what is signed with it is refused from the next delivery on.
 * @throws {Problem} `not-found`; `secret-limit` for the last one; `queue-unavailable` if Redis is away, then nothing has changed
 */
export async function removeSecret(
  deps: Servers,
  clientId: string,
  { source, secret_id }: { source: string; secret_id: string },
  changed: Changed = unrecorded,
): Promise<void> {
  const before = await change(deps, clientId, source, async (tx) => {
    const webhook = await readWebhook(tx, clientId, source);
    if (!webhook.secrets.some((one) => one.secret_id === secret_id))
      throw new Problem("not-found", "The source has no secret with that id.");
    if (webhook.secrets.length === 1)
      throw new Problem("secret-limit", "The last secret can't be removed; add another one first.");
    await deleteSecret(tx, secret_id);
    return webhook;
  });
  const after = { ...before, secrets: before.secrets.filter((one) => one.secret_id !== secret_id) };
  changed({ before: recorded(clientId, before), after: recorded(clientId, after) });
}

/** What the audit shows of a source. */
const recorded = (client_id: string, { path: _, ...webhook }: Webhook) => ({ client_id, ...webhook });

/**
 * Changes a source in a transaction that ends only after Redis, where ingest reads it, has the result. The lock on the client
 * makes changes of its sources follow each other. If the transaction fails after that, the next delivery reads PostgreSQL.
 */
async function change<T>(
  deps: Servers,
  clientId: string,
  source: string,
  run: (tx: Transaction) => Promise<T>,
): Promise<T> {
  let published = false;
  try {
    return await transaction(deps.sql, async (tx) => {
      if (!(await lockClient(tx, clientId))) throw new Problem("not-found", "The client does not exist.");
      const result = await run(tx);
      const row = await findSource(tx, source);
      published = true;
      await publishSource(deps, source, row).catch(outage("queue"));
      return result;
    });
  } catch (error) {
    if (published) await forgetSource(deps, source).catch(() => {});
    throw error;
  }
}

async function requireWebhook(tx: Transaction, clientId: string, source: string): Promise<WebhookRow> {
  const row = await findWebhook(tx, clientId, source);
  if (!row) throw new Problem("not-found", "The client has no webhook source with that name.");
  return row;
}

async function readWebhook(tx: Transaction, clientId: string, source: string): Promise<Webhook> {
  const row = await requireWebhook(tx, clientId, source);
  return toWebhook(row, await selectSecrets(tx, [source]));
}
