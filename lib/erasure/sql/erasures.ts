import type { Executor, Transaction } from "../../postgres/client.ts";
import { andIf, type Fragment, time, utc } from "../../postgres/fragments.ts";

/** An erasure as the API shows it; times as UTC text with six fractional digits. */
export interface ErasureRow {
  erasure_id: string;
  client_id: string;
  property: string;
  /** Hexadecimal; null once deleted. */
  value_sha256: string | null;
  value_salt: string | null;
  requested_at: string;
  requested_by: string | null;
  key_prefix: string | null;
  begun: boolean;
  completed_at: string | null;
  events_erased: number;
  quarantined_erased: number;
}

/** The columns of an `ErasureRow`, without the value. */
export const erasureColumns = (sql: Executor): Fragment => sql`
  erasure_id, client_id, property, encode(value_sha256, 'hex') AS value_sha256,
  CASE WHEN value_sha256 IS NOT NULL THEN encode(salt, 'hex') END AS value_salt,
  ${utc(sql, "requested_at")} AS requested_at, requested_by, key_prefix,
  quarantine_began_at IS NOT NULL AS begun, ${utc(sql, "completed_at")} AS completed_at,
  events_erased::float8 AS events_erased, quarantined_erased::float8 AS quarantined_erased`;

/**
 * Completes an erasure and deletes its value, unless there are events that it could not search: those of detached
 * partitions, which are about to be dropped, and those of archived days (lib/archive/erase.ts).
 * @returns true if it is complete
 */
export async function completeErasure(tx: Transaction, erasureId: string): Promise<boolean> {
  // Queries in parts keep values of payloads, and the conditions that were asked.
  const rows = await tx`
    WITH completed AS (
      UPDATE erasures SET value = NULL, completed_at = clock_timestamp()
       WHERE erasure_id = ${erasureId} AND NOT EXISTS (SELECT FROM expired_partitions)
         AND (archive_to = 'infinity'
              OR NOT EXISTS (SELECT FROM archive_days d WHERE d.client_id = erasures.client_id))
      RETURNING client_id
    ), forgotten AS (
      DELETE FROM queries q USING completed
       WHERE coalesce(q.question #>> '{question,scope,clientId}', completed.client_id) = completed.client_id
    )
    SELECT FROM completed`;
  return rows.length === 1;
}

export async function findErasure(sql: Executor, erasureId: string): Promise<ErasureRow | undefined> {
  const rows = await sql<ErasureRow[]>`
    SELECT ${erasureColumns(sql)} FROM erasures WHERE erasure_id = ${erasureId}`;
  return rows[0];
}

export interface NewErasure {
  erasureId: string;
  clientId: string;
  property: string;
  /** JSON text. */
  value: string;
  /** The value's canonical text: the same for every way to write it. */
  canonical: string;
  /** Random, for the value's hash. The client's other erasures of the same month (UTC) share the salt of the first. */
  salt: Buffer;
  /** RFC 3339. */
  requestedAt: string;
  requestedBy: string | null;
  keyPrefix: string | null;
}

/** @returns false if the client does not exist */
export async function insertErasure(sql: Executor, erasure: NewErasure): Promise<boolean> {
  const month = sql`date_trunc('month', ${time(sql, erasure.requestedAt)}, 'UTC')`;
  const rows = await sql`
    WITH shared AS (
      SELECT salt FROM erasures
       WHERE client_id = ${erasure.clientId} AND requested_at >= ${month}
         AND requested_at < ${month} + interval '1 month' AND salt <> ''
       ORDER BY requested_at LIMIT 1
    ), chosen AS (
      SELECT coalesce((SELECT salt FROM shared), ${erasure.salt}::bytea) AS salt
    )
    INSERT INTO erasures (erasure_id, client_id, property, value, salt, value_sha256, requested_at, requested_by, key_prefix)
    SELECT ${erasure.erasureId}, client_id, ${erasure.property}, ${erasure.value}::text::json, salt,
           sha256(salt || convert_to(${erasure.canonical}, 'UTF8')), ${time(sql, erasure.requestedAt)},
           ${erasure.requestedBy}, ${erasure.keyPrefix}
      FROM clients, chosen WHERE client_id = ${erasure.clientId}`;
  return rows.count === 1;
}

export interface ErasureFilter {
  clientId: string | undefined;
  /** Only erasures that come after this one. */
  after: readonly [requestedAt: string, erasureId: string] | undefined;
}

/** Newest first, then by descending id. */
export async function listErasures(
  sql: Executor,
  { clientId, after }: ErasureFilter,
  limit: number,
): Promise<ErasureRow[]> {
  return sql<ErasureRow[]>`
    SELECT ${erasureColumns(sql)} FROM erasures e
     WHERE true ${andIf(sql, clientId, (id) => sql`client_id = ${id}`)}
           ${andIf(sql, after, ([at, id]) => sql`(e.requested_at, erasure_id) < (${time(sql, at)}, ${id}::uuid)`)}
     ORDER BY e.requested_at DESC, erasure_id DESC
     LIMIT ${limit}`;
}

/** Ids of the erasures that are not complete, the oldest request first. */
export async function listOpenErasures(sql: Executor): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    SELECT erasure_id AS id FROM erasures WHERE completed_at IS NULL ORDER BY requested_at`;
  return rows.map(({ id }) => id);
}

/** An erasure that is not complete, with its progress. */
export interface OpenErasure {
  erasure_id: string;
  client_id: string;
  property: string;
  /** JSON text. */
  value: string;
  /** UTC text. */
  requested_at: string;
  /** Key of the last quarantined event that was searched. */
  quarantine_after: string | null;
  quarantine_done: boolean;
  /** Events up to this time have been searched: UTC text, or `infinity`. */
  events_to: string | null;
}

/** Locks an erasure until the transaction ends. @returns undefined if it is complete or another run has locked it */
export async function lockErasure(tx: Transaction, erasureId: string): Promise<OpenErasure | undefined> {
  const rows = await tx<OpenErasure[]>`
    SELECT erasure_id, client_id, property, value::text AS value,
           ${utc(tx, "requested_at")} AS requested_at, quarantine_after,
           quarantine_ended_at IS NOT NULL AS quarantine_done,
           CASE WHEN events_to = 'infinity' THEN 'infinity' ELSE ${utc(tx, "events_to")} END AS events_to
      FROM erasures
     WHERE erasure_id = ${erasureId} AND completed_at IS NULL
       FOR UPDATE SKIP LOCKED`;
  return rows[0];
}

/** Records an erasure's progress in the events. @param to RFC 3339, or `infinity` if there are no more */
export async function noteEventsErased(
  tx: Transaction,
  erasureId: string,
  { to, erased }: { to: string; erased: number },
): Promise<void> {
  await tx`
    UPDATE erasures SET events_to = ${time(tx, to)}, events_erased = events_erased + ${erased}
     WHERE erasure_id = ${erasureId}`;
}

/**
 * Records an erasure's progress in quarantine.
 * @param after key of the last event that was searched; null if there are no more
 */
export async function noteQuarantineErased(
  tx: Transaction,
  erasureId: string,
  { after, erased }: { after: string | null; erased: number },
): Promise<void> {
  await tx`
    UPDATE erasures SET quarantine_began_at = coalesce(quarantine_began_at, clock_timestamp()),
                        quarantine_after = coalesce(${after}::uuid, quarantine_after),
                        quarantine_ended_at = CASE WHEN ${after}::uuid IS NULL THEN clock_timestamp() END,
                        quarantined_erased = quarantined_erased + ${erased}
     WHERE erasure_id = ${erasureId}`;
}
