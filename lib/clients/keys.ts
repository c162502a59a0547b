/** API keys: create, import, list, revoke. Only a key's SHA-256 is stored. */

import type { z } from "zod";
import { unrecorded } from "../audit/record/change.ts";
import { KEY_CACHE_SECONDS, loadKey, presentedKey } from "../auth/authenticate.ts";
import { findKeyByHash } from "../auth/sql/find-key.ts";
import { hashSecret, newKeyId, newSecret, secretPrefix } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { Scope } from "../base/scope.ts";
import type { Changed } from "../http/call.ts";
import { decodeCursor, encodeCursor, isTextPart, isTimePart } from "../http/cursor.ts";
import { outage } from "../http/errors.ts";
import { Problem } from "../http/problem.ts";
import type { Database } from "../postgres/client.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shards } from "../redis/shards.ts";
import type { Change } from "../trail/entry.ts";
import { requireClient } from "./clients.ts";
import type { keySchema } from "./contract.ts";
import {
  findKeyOfClient,
  insertKey,
  type ListedKeyRow,
  markRevoked,
  type RevokedKey,
  selectKeys,
} from "./sql/keys.ts";
import { writeRecord } from "./write-record.ts";

type Servers = { sql: Database; redis: RedisConnection; shards: Shards; log: Log };

/** A key as the API shows it. */
export type ApiKey = z.output<typeof keySchema>;

export interface KeyOptions {
  scopes: readonly Scope[];
  /** Null or absent means never. */
  expires_at?: Date | null | undefined;
}

/** A key with its secret, which is shown only once. */
export interface NewKey {
  key_id: string;
  secret: string;
  prefix: string;
  scopes: Scope[];
  /** ISO 8601 in UTC. */
  expires_at: string | null;
}

/** @throws {Problem} `not-found` for an unknown client; `invalid-body` for an expiry that is not in the future */
export const createKey = (
  deps: Servers,
  clientId: string,
  options: KeyOptions,
  changed: Changed = unrecorded,
): Promise<NewKey> => addKey(deps, clientId, newSecret(clientId), options, changed);

/**
 * Imports a key issued by another system, so that its holder need not change anything.
 * @param secret 16 to 256 printable ASCII characters without spaces
 * @throws {Problem} `not-found` for an unknown client; `conflict` if the key exists already, for any client;
 * `invalid-body` for a malformed key and for an expiry that is not in the future
 */
export async function importKey(
  deps: Servers,
  clientId: string,
  secret: string,
  options: KeyOptions,
  changed: Changed = unrecorded,
): Promise<NewKey> {
  if (!/^[!-~]{16,256}$/.test(secret))
    throw new Problem("invalid-body", "A key must have 16 to 256 printable ASCII characters and no spaces.");
  return addKey(deps, clientId, secret, options, changed);
}

async function addKey(
  deps: Servers,
  clientId: string,
  secret: string,
  options: KeyOptions,
  changed: Changed,
): Promise<NewKey> {
  if (options.expires_at && options.expires_at.getTime() <= Date.now()) throw expiredAlready();
  await requireClient(deps, clientId);
  const key = {
    key_id: newKeyId(),
    client_id: clientId,
    prefix: secretPrefix(secret),
    scopes: [...new Set(options.scopes)],
    expires_at: options.expires_at ?? null,
  };
  const hash = hashSecret(secret);
  if (!(await insertKey(deps.sql, { ...key, hash })))
    throw new Problem("conflict", "The key already exists.");
  changed({ before: null, after: key });
  // An earlier attempt may have cached the key as unknown; without Redis, that entry lasts some seconds more.
  await loadKey(deps, presentedKey(secret)).catch((error: Error) => {
    deps.log.warn("new-key-not-cached", { key_id: key.key_id, error });
  });
  const { client_id: _, ...shown } = key;
  return { ...shown, secret, expires_at: key.expires_at?.toISOString() ?? null };
}

const expiredAlready = (): Problem =>
  new Problem("invalid-body", "The expiry time is in the past.", {
    errors: [{ pointer: "/expires_at", detail: "expires_at: must be in the future" }],
  });

/** The key with this secret; null if it is unknown, revoked or expired. */
export async function findKey(
  { sql }: { sql: Database },
  secret: string,
): Promise<{ client_id: string; key_id: string; scopes: Scope[] } | null> {
  const row = await findKeyByHash(sql, hashSecret(secret));
  if (!row || row.revoked_at !== null) return null;
  if (row.expires_at !== null && row.expires_at.getTime() <= Date.now()) return null;
  return { client_id: row.client_id, key_id: row.key_id, scopes: row.scopes };
}

/**
 * A client's keys, oldest first, revoked ones included, a page at a time.
 * @throws {Problem} `not-found` for an unknown client; `invalid-parameter` for an invalid cursor
 */
export async function listKeys(
  deps: { sql: Database },
  clientId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ keys: ApiKey[]; next_cursor: string | null }> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor, [isTimePart, isTextPart]);
  await requireClient(deps, clientId);
  // One row more than requested shows whether there is a next page.
  const rows = await selectKeys(deps.sql, clientId, after, limit + 1);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    keys: shown.map(toApiKey),
    next_cursor: last ? encodeCursor([last.created_at, last.key_id]) : null,
  };
}

const toApiKey = (row: ListedKeyRow): ApiKey => ({
  ...row,
  created_at: millisecondsOf(row.created_at),
  expires_at: row.expires_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
  last_used_at: row.last_used_at?.toISOString() ?? null,
});

/** Cuts the microseconds, which the other times of a key don't have. */
const millisecondsOf = (text: string): string => `${text.slice(0, 23)}Z`;

/**
 * Revokes a key: the next call with it is refused. A repeated revocation only writes the Redis record again.
 *
 * Redis is written first: the functions read keys there, and a loader writes only if no record exists. If the
 * database then fails, the record is deleted, and the next call loads the key from the database.
 * @throws {Problem} `not-found`; `queue-unavailable` if Redis is unreachable; then nothing has changed
 */
export async function revokeKey(
  { sql, redis, shards }: { sql: Database; redis: RedisConnection; shards: Shards },
  clientId: string,
  keyId: string,
  changed: Changed = unrecorded,
): Promise<void> {
  const key = await findKeyOfClient(sql, clientId, keyId);
  if (!key) throw new Problem("not-found", "The client has no key with that id.");
  // The look-up of an imported key may begin at any shard, but ends at the client's.
  const record = shards.of(clientId).apiKey(key.hash.toString("base64url"));
  const tombstone = { state: "revoked", client_id: clientId, key_id: keyId, prefix: key.prefix };
  try {
    await writeRecord(redis, record, tombstone, KEY_CACHE_SECONDS).catch(outage("queue"));
    const revoked = await markRevoked(sql, keyId);
    if (revoked) changed(revocation(clientId, keyId, revoked));
  } catch (error) {
    await redis.del(record).catch(() => 0);
    throw error;
  }
}

function revocation(
  client_id: string,
  key_id: string,
  { revoked_before, revoked_at, ...rest }: RevokedKey,
): Change {
  const key = { key_id, client_id, ...rest };
  return { before: { ...key, revoked_at: revoked_before }, after: { ...key, revoked_at } };
}
