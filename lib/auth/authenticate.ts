/**
 * Authenticates and authorizes callers in Redis. A key that Redis does not know is read from PostgreSQL once and cached. A
 * revocation is written to Redis before it returns, so the very next call is refused.
 */

import { clientOfSecret, hashSecretText, secretPrefix } from "../base/ids.ts";
import type { Scope } from "../base/scope.ts";
import type { Caller } from "../http/call.ts";
import { outage } from "../http/errors.ts";
import { Problem, type ProblemCode } from "../http/problem.ts";
import { type Limit, rateLimitHeaders } from "../http/rate-limit.ts";
import type { Database } from "../postgres/client.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shard } from "../redis/keys.ts";
import type { Shards } from "../redis/shards.ts";
import { authorizeScript } from "./lua/authorize.ts";
import { rememberScript } from "./lua/remember.ts";
import { findKeyByHash, type KeyRow } from "./sql/find-key.ts";

/** Time that a valid key stays cached. Revocations and changes write through, so this only bounds memory. */
export const KEY_CACHE_SECONDS = 86_400;
/** Time that an unknown key is refused without another query of the database. */
const UNKNOWN_KEY_SECONDS = 10;
const LONGEST_KEY = 256;

/** The stores of API keys: PostgreSQL, with a cache in Redis. */
interface KeyStores {
  sql: Database;
  redis: RedisConnection;
  shards: Shards;
}

/** What suffices to look a key up and to admit its requests. */
export interface KeyReference {
  /** SHA-256 of the key, base64url. */
  hash: string;
  /** The client that the key presumably belongs to; empty while unknown. */
  clientId: string;
  /** The part that may be shown. Null for a key in another format: even four characters of a short secret may be too much. */
  prefix: string | null;
}

/** Clients of imported keys, whose text names no client or a wrong one, by hash. A key's client never changes. */
const importedKeys = new Map<string, string>();
const MOST_IMPORTED = 10_000;

/**
 * @param where tells a caller without a key how to send it
 * @throws {Problem} `missing-api-key`, or `invalid-api-key` for text that is too long for a key
 */
export function presentedKey(
  secret: string | undefined,
  where = "Send an API key in the header X-API-Key.",
): KeyReference {
  if (secret === undefined || secret === "") throw unauthorized("missing-api-key", where);
  if (secret.length > LONGEST_KEY) throw unauthorized("invalid-api-key", "The API key is unknown.");
  const hash = hashSecretText(secret);
  const named = clientOfSecret(secret);
  const prefix = named === undefined ? null : secretPrefix(secret, named);
  return { hash, clientId: importedKeys.get(hash) ?? named ?? "", prefix };
}

/** A script's reply if the key's record is missing in Redis, or belongs to another client than assumed. */
export type KeyMiss = { code: "miss" } | { code: "client"; clientId: string };

/**
 * Runs a script that uses a key, and repeats it until the key and its client are cached and the client is the right one.
 * @throws {Problem} `database-unavailable` if the key is not cached and can't be read
 */
export async function withKey<T extends { code: string }>(
  deps: KeyStores,
  key: KeyReference,
  run: () => Promise<T | KeyMiss>,
): Promise<T> {
  for (let attempt = 0; attempt < 4; attempt++) {
    const reply = await run();
    if (!isMiss(reply)) return reply;
    if (reply.code === "miss") await loadKey(deps, key);
    else rememberClient(key, reply.clientId);
  }
  throw new Error("The key's record in Redis disappeared repeatedly.");
}

const isMiss = (reply: { code: string }): reply is KeyMiss =>
  reply.code === "miss" || reply.code === "client";

function rememberClient(key: KeyReference, clientId: string): void {
  key.clientId = clientId;
  if (importedKeys.size >= MOST_IMPORTED) importedKeys.clear();
  importedKeys.set(key.hash, clientId);
}

/**
 * Reads a key from the database into the cache, on its client's shard. If the key was looked up on another shard, since its
 * text does not name its client, that shard caches only the client's id.
 * @throws {Problem} `database-unavailable`; also errors of Redis
 */
export async function loadKey({ sql, redis, shards }: KeyStores, key: KeyReference): Promise<void> {
  const row = await findKeyByHash(sql, hashBytes(key)).catch(outage("database"));
  const remember = async (shard: Shard, words: (string | number)[]): Promise<void> => {
    const keys = [shard.apiKey(key.hash), shard.client(row?.client_id ?? key.clientId)];
    await rememberScript(redis, keys, words);
  };
  const lookedUp = shards.ofKey(key);
  if (row === undefined) return remember(lookedUp, [UNKNOWN_KEY_SECONDS, "unknown"]);
  const home = shards.of(row.client_id);
  await remember(
    home,
    row.revoked_at === null ? [KEY_CACHE_SECONDS, "valid", ...recordOf(row)] : [KEY_CACHE_SECONDS, "revoked"],
  );
  if (lookedUp !== home) await remember(lookedUp, [KEY_CACHE_SECONDS, "elsewhere", row.client_id]);
}

const hashBytes = ({ hash }: KeyReference): Buffer => Buffer.from(hash, "base64url");

const recordOf = (row: KeyRow): (string | number)[] => [
  row.client_id,
  row.key_id,
  row.prefix,
  row.scopes.join(","),
  row.expires_at?.getTime() ?? "",
  row.active ? 1 : 0,
  row.rate_limit_per_second,
  row.burst,
  row.origins.join(" "),
];

interface Authorized {
  code: string;
  caller: Caller;
}

/**
 * Admits a caller that has one of the scopes. If Redis is unavailable, it uses PostgreSQL, so that reading and
 * administration continue; only the rate-limit headers are missing then.
 * @param key of `presentedKey`
 * @param seen called with the caller as soon as it is known, refused or not, for the audit
 * @param origin of the page that calls; the client must allow it, and the key must have no scope but `ingest`
 * @throws {Problem} 401, 403, or 503 if neither is available
 */
export async function authorize(
  deps: KeyStores,
  key: KeyReference,
  scopes: readonly Scope[],
  seen: (caller: Caller) => void,
  origin = "",
): Promise<Caller> {
  seen(anonymous(key));
  const { code, caller } = await withKey(deps, key, () => askRedis(deps, key, scopes, origin)).catch(
    (error: unknown) => {
      if (error instanceof Problem) throw error;
      return askDatabase(deps, key, scopes, origin);
    },
  );
  seen(caller);
  if (code !== "ok") throw refusal(code as ProblemCode, scopes, caller.limit);
  return caller;
}

/** The caller of a key that is not known yet. */
export const anonymous = ({ prefix }: Pick<KeyReference, "prefix">): Caller => ({
  clientId: null,
  keyId: null,
  keyPrefix: prefix,
  scopes: [],
  admin: false,
  limit: undefined,
});

async function askRedis(
  { redis, shards }: KeyStores,
  key: KeyReference,
  scopes: readonly Scope[],
  origin: string,
): Promise<Authorized | KeyMiss> {
  const shard = shards.ofKey(key);
  const keys = [shard.apiKey(key.hash), shard.client(key.clientId), shard.limit(key.clientId)];
  const reply = (await authorizeScript(redis, keys, [key.clientId, scopes.join(","), origin])) as [
    code: string,
    clientId: string,
    keyId: string,
    prefix: string,
    held: string,
    ...limit: number[],
  ];
  const [code, clientId = "", keyId = "", prefix = "", held = "", ...limit] = reply;
  if (code === "miss") return { code };
  if (code === "client") return { code, clientId };
  const scopesHeld = held.split(",").filter((scope): scope is Scope => scope !== "");
  const caller: Caller = {
    clientId: clientId || null,
    keyId: keyId || null,
    keyPrefix: prefix || key.prefix,
    scopes: scopesHeld,
    admin: scopesHeld.includes("admin"),
    limit: toLimit(limit),
  };
  return { code, caller };
}

/** @param numbers quota, window (s), remaining, reset (s); empty for an unknown client */
export function toLimit([quota, windowS, remaining, resetS]: readonly number[]): Limit | undefined {
  if (quota === undefined || windowS === undefined || remaining === undefined || resetS === undefined)
    return undefined;
  return { quota, windowS, remaining, resetS };
}

async function askDatabase(
  { sql }: KeyStores,
  key: KeyReference,
  scopes: readonly Scope[],
  origin: string,
): Promise<Authorized> {
  const row = await findKeyByHash(sql, hashBytes(key)).catch(outage("database"));
  if (!row) return { code: "invalid-api-key", caller: anonymous(key) };
  const admin = row.scopes.includes("admin");
  const caller: Caller = {
    clientId: row.client_id,
    keyId: row.key_id,
    keyPrefix: row.prefix,
    scopes: row.scopes,
    admin,
    limit: undefined,
  };
  const allowed = admin || scopes.some((scope) => row.scopes.includes(scope));
  if (row.revoked_at !== null) return { code: "revoked-api-key", caller };
  if (row.expires_at !== null && row.expires_at.getTime() <= Date.now())
    return { code: "expired-api-key", caller };
  if (!row.active) return { code: "client-inactive", caller };
  if (!allowed) return { code: "insufficient-scope", caller };
  return { code: origin === "" || allowsPage(row, origin) ? "ok" : "origin-not-allowed", caller };
}

/** As `authorizeScript` decides it. */
const allowsPage = ({ origins, scopes }: KeyRow, origin: string): boolean =>
  scopes.length === 1 && scopes[0] === "ingest" && (origins.includes("*") || origins.includes(origin));

const unauthorized = (code: ProblemCode, detail: string): Problem =>
  // RFC 9110, section 11.6.1: a 401 response names an applicable scheme.
  new Problem(code, detail, { headers: { "www-authenticate": 'ApiKey realm="weir"' } });

/** The problem for a caller that is refused because of its key, client or scope. */
export function refusal(code: ProblemCode, scopes: readonly Scope[], limit: Limit | undefined): Problem {
  switch (code) {
    case "invalid-api-key":
      return unauthorized(code, "The API key is unknown.");
    case "expired-api-key":
      return unauthorized(code, "The API key has expired.");
    case "revoked-api-key":
      return unauthorized(code, "The API key was revoked.");
    default: {
      return new Problem(code, forbidden(code, scopes), { headers: limit ? rateLimitHeaders(limit) : {} });
    }
  }
}

function forbidden(code: ProblemCode, scopes: readonly Scope[]): string {
  if (code === "client-inactive") return "The client that this key belongs to is inactive.";
  if (code === "origin-not-allowed")
    return "The client's origins do not include the page's, or the key has other scopes than ingest.";
  return `This call requires the scope ${scopes.join(" or ")}, which the key does not have.`;
}
