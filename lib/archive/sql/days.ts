import type { Executor, Transaction } from "../../postgres/client.ts";
import { dailyCounts } from "../../storage/sql/daily-counts.ts";

/** A day of a client, in UTC. */
export interface ClientDay {
  clientId: string;
  /** Such as `2026-03-01`. */
  day: string;
}

/** A place in the change feed. */
export interface FeedPlace {
  history: string;
  position: number;
}

/**
 * The end of the change feed. A snapshot that is taken after this call shows every event up to it, so the events must be
 * read by a later statement.
 */
export async function readFeedEnd(sql: Executor): Promise<FeedPlace> {
  const [row] = await sql<
    [FeedPlace]
  >`SELECT feed_end()::float8 AS position, (feed_state()).history AS history`;
  return row;
}

/** Claims a day for a run, so that no step of another run on it succeeds any more. Creates its row if necessary. */
export async function claimDay(tx: Transaction, { clientId, day }: ClientDay, claim: string): Promise<void> {
  await tx`
    INSERT INTO archive_days (client_id, day, claim) VALUES (${clientId}, ${day}::text::date, ${claim})
    ON CONFLICT (client_id, day) DO UPDATE SET claim = excluded.claim`;
}

/** Locks a day until the transaction ends. @returns false if another run has claimed it since */
export async function lockDay(
  tx: Transaction,
  { clientId, day }: ClientDay,
  claim: string,
): Promise<boolean> {
  const rows = await tx`
    SELECT FROM archive_days
     WHERE client_id = ${clientId} AND day = ${day}::text::date AND claim = ${claim} FOR UPDATE`;
  return rows.length === 1;
}

/** What a day's manifest was made from; null before it is written, or while it is older than the files. */
export interface ArchivedDay {
  finished: boolean;
  feed: FeedPlace | null;
}

export async function readDay(sql: Executor, { clientId, day }: ClientDay): Promise<ArchivedDay> {
  const [row] = await sql<{ finished: boolean; history: string | null; position: number | null }[]>`
    SELECT manifest_sha256 IS NOT NULL AS finished, feed_history AS history, feed_position::float8 AS position
      FROM archive_days WHERE client_id = ${clientId} AND day = ${day}::text::date`;
  const { history = null, position = null } = row ?? {};
  const feed = history === null || position === null ? null : { history, position };
  return { finished: row?.finished ?? false, feed };
}

/** Records that the day's manifest is older than its files. */
export async function noteStale(tx: Transaction, { clientId, day }: ClientDay): Promise<void> {
  await tx`
    UPDATE archive_days SET manifest_sha256 = NULL WHERE client_id = ${clientId} AND day = ${day}::text::date`;
}

/** Records a day's manifest. @param sha256 in hexadecimal */
export async function noteFinished(
  tx: Transaction,
  { clientId, day }: ClientDay,
  { rows, sha256, at, feed }: { rows: number; sha256: string; at: string; feed: FeedPlace | null },
): Promise<void> {
  await tx`
    UPDATE archive_days
       SET rows = ${rows}, manifest_sha256 = decode(${sha256}, 'hex'), archived_at = ${at}::timestamptz,
           feed_history = ${feed?.history ?? null}, feed_position = ${feed?.position ?? null}
     WHERE client_id = ${clientId} AND day = ${day}::text::date`;
}

/** A range of time, `from` inclusive and `to` exclusive, RFC 3339. */
export interface Range {
  from: string;
  to: string;
}

/**
 * Days with events of which the archive has other numbers, or no complete manifest; the oldest first, then by client.
 * Counts are those of the rollups, which change in the transaction that stores an event. Each client's are ranges of their
 * indexes.
 * @param ranges begin and end at 00:00 UTC
 */
export async function listUnarchived(
  sql: Executor,
  ranges: readonly Range[],
  limit: number,
): Promise<ClientDay[]> {
  return sql<ClientDay[]>`
    SELECT c.client_id AS "clientId", d.day::text AS day
      FROM unnest(${ranges.map(({ from }) => from)}::text[]::timestamptz[],
                  ${ranges.map(({ to }) => to)}::text[]::timestamptz[]) AS r(first, beyond)
     CROSS JOIN clients c
     CROSS JOIN LATERAL (
       SELECT (day AT TIME ZONE 'UTC')::date AS day, sum(count) AS count
         FROM (${dailyCounts(sql, sql`client_id = c.client_id`, sql`r.first`, sql`r.beyond`)}) AS counts
        GROUP BY 1) AS d
      LEFT JOIN archive_days a ON a.client_id = c.client_id AND a.day = d.day
     WHERE a.manifest_sha256 IS NULL OR a.rows IS DISTINCT FROM d.count
     ORDER BY d.day, c.client_id LIMIT ${limit}`;
}

/** A client's archived days after a day, oldest first. @param after null to begin */
export async function listDays(
  sql: Executor,
  clientId: string,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const rows = await sql<{ day: string }[]>`
    SELECT day::text AS day FROM archive_days a
     WHERE client_id = ${clientId} AND (${after}::text IS NULL OR a.day > ${after}::text::date)
     ORDER BY a.day LIMIT ${limit}`;
  return rows.map(({ day }) => day);
}
