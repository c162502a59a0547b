import { type Instant, shortenTime } from "../../base/time.ts";
import type { Executor } from "../../postgres/client.ts";
import { utc } from "../../postgres/fragments.ts";

/**
 * Reads the time before which no data is shown.
 * @returns the horizon, and how long ago it moved, in milliseconds
 */
export async function readHorizon(sql: Executor): Promise<{ horizon: Instant; movedMsAgo: number }> {
  const [row] = await sql<[{ text: string; moved_ms_ago: number }]>`
    SELECT ${utc(sql, "horizon")} AS text,
           (extract(epoch FROM clock_timestamp() - moved_at) * 1000)::float8 AS moved_ms_ago
      FROM retention`;
  const text = shortenTime(row.text);
  return { horizon: { ms: Date.parse(text), text }, movedMsAgo: row.moved_ms_ago };
}

export interface AuditHorizon {
  /** The first day whose audit entries are kept, such as `2026-03-01`. */
  day: string;
  /** That day according to the last checkpoint; undefined if there is no checkpoint, null if it names no day. */
  signedDay: string | null | undefined;
}

export async function readAuditHorizon(sql: Executor): Promise<AuditHorizon> {
  const [row] = await sql<[{ day: string; signed: boolean; signed_day: string | null }]>`
    SELECT audit_horizon::text AS day, c.document IS NOT NULL AS signed, c.document::json ->> 'expired_before' AS signed_day
      FROM retention
           LEFT JOIN LATERAL (SELECT document FROM audit_checkpoints ORDER BY checkpoint DESC LIMIT 1) c ON true`;
  return { day: row.day, signedDay: row.signed ? row.signed_day : undefined };
}

export interface Clock {
  /** The database's time, rounded down to milliseconds since the Unix epoch. */
  nowMs: number;
  /** The time before which no data is shown. */
  horizon: Instant;
  /** Days before it may be packed: 00:00 UTC in milliseconds since the Unix epoch, -Infinity if there are none. */
  packedBefore: number;
}

/** Both boundaries are valid for a minute: after they move, what is read according to the old ones stays complete for that long. */
export async function readClock(sql: Executor): Promise<Clock> {
  const [row] = await sql<[{ ms: number; horizon: string; before: number }]>`
    SELECT floor(extract(epoch FROM now()) * 1000)::float8 AS ms, ${utc(sql, "horizon")} AS horizon,
           extract(epoch FROM before)::float8 * 1000 AS before
      FROM retention, packing`;
  const text = shortenTime(row.horizon);
  return { nowMs: row.ms, horizon: { ms: Date.parse(text), text }, packedBefore: row.before };
}
