/**
 * Sources of webhooks: whose a URL is, and what its deliveries are signed with. A source that Redis does not know is read from
 * PostgreSQL once and cached, so deliveries are accepted while PostgreSQL is away. A change is written to Redis before it
 * returns, so it decides about the very next delivery.
 */
import type { WebhookKind } from "../base/webhook-kind.ts";
import { outage } from "../http/errors.ts";
import { Problem } from "../http/problem.ts";
import type { Database } from "../postgres/client.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shards } from "../redis/shards.ts";
import { KEY_CACHE_SECONDS, type KeyReference } from "./authenticate.ts";
import { findSource, type SourceRow } from "./sql/find-source.ts";

/** Time that an unknown source is refused without another query of the database. */
const UNKNOWN_SOURCE_SECONDS = 10;

/** Lower-case letters, digits and hyphens, as the table requires. */
export const SOURCE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

export interface WebhookSource {
  name: string;
  kind: WebhookKind;
  /** What its deliveries are admitted with. */
  key: KeyReference;
  /** One or two. */
  secrets: readonly string[];
}

interface Stores {
  sql: Database;
  redis: RedisConnection;
  shards: Shards;
}

/** What Redis has of a source: null if it does not exist. */
type SourceRecord = Omit<WebhookSource, "name"> | null;

const recordName = (shards: Shards, name: string): string => shards.of(name).webhookSource(name);

/**
 * Reads a source, by one round trip to Redis if it is cached.
 * @throws {Problem} `not-found`; `queue-unavailable` if Redis is away; `database-unavailable` if the source is not cached and
 * can't be read
 */
export async function requireSource({ sql, redis, shards }: Stores, name: string): Promise<WebhookSource> {
  if (!SOURCE_NAME.test(name)) throw noSuchSource();
  const place = recordName(shards, name);
  const known = await redis.get(place).catch(outage("queue"));
  if (known !== null) return found(name, JSON.parse(known) as SourceRecord);
  const record = recordOf(await findSource(sql, name).catch(outage("database")));
  const seconds = record === null ? UNKNOWN_SOURCE_SECONDS : KEY_CACHE_SECONDS;
  // Only if there is no record: this one may have been read before a change that has been written since.
  await redis.set(place, JSON.stringify(record), "EX", seconds, "NX").catch(outage("queue"));
  return found(name, record);
}

function found(name: string, record: SourceRecord): WebhookSource {
  if (record === null) throw noSuchSource();
  return { name, ...record };
}

const noSuchSource = (): Problem => new Problem("not-found", "There is no webhook source with that name.");

const recordOf = (row: SourceRow | undefined): SourceRecord =>
  row === undefined
    ? null
    : {
        kind: row.kind,
        key: { hash: row.hash.toString("base64url"), clientId: row.client_id, prefix: row.prefix },
        secrets: row.secrets,
      };

/**
 * Replaces what Redis knows of a source.
 * @param row undefined if it does not exist any more
 * @throws an error of Redis; then nothing is written, unless only the reply was lost
 */
export async function publishSource(
  { redis, shards }: Pick<Stores, "redis" | "shards">,
  name: string,
  row: SourceRow | undefined,
): Promise<void> {
  await redis.set(recordName(shards, name), JSON.stringify(recordOf(row)), "EX", KEY_CACHE_SECONDS);
}

/** Lets the next delivery read the source from the database. */
export async function forgetSource(
  { redis, shards }: Pick<Stores, "redis" | "shards">,
  name: string,
): Promise<void> {
  await redis.del(recordName(shards, name));
}
