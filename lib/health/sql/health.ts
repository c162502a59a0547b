import type { Instant } from "../../base/time.ts";
import type { Executor } from "../../postgres/client.ts";
import { time, utc } from "../../postgres/fragments.ts";
import type { HealthRow } from "../../queue/message.ts";

/** A scheduled check; `at` is UTC text with six fractional digits. */
export interface HealthCheckRow<Checks> {
  at: string;
  status: "ok" | "unavailable";
  checks: Checks;
}

/** Scheduled checks at or after `start` and before `end`, newest first. */
export async function listHealth<Checks>(
  sql: Executor,
  start: Instant,
  end: Instant,
  limit: number,
): Promise<HealthCheckRow<Checks>[]> {
  return sql<HealthCheckRow<Checks>[]>`
    SELECT ${utc(sql, "h.at")} AS at, status, checks FROM health_checks h
     WHERE h.at >= ${time(sql, start.text)} AND h.at < ${time(sql, end.text)}
     ORDER BY h.at DESC
     LIMIT ${limit}`;
}

/** Counts the scheduled checks at or after `start` and before `end`, and those that found a fault. */
export async function countHealth(
  sql: Executor,
  start: Instant,
  end: Instant,
): Promise<{ checked: number; unhealthy: number }> {
  const rows = await sql<{ checked: number; unhealthy: number }[]>`
    SELECT count(*)::int AS checked, (count(*) FILTER (WHERE status <> 'ok'))::int AS unhealthy
      FROM health_checks
     WHERE at >= ${time(sql, start.text)} AND at < ${time(sql, end.text)}`;
  return rows[0] ?? { checked: 0, unhealthy: 0 };
}

/** Records results of the scheduled health check. */
export async function insertHealth(sql: Executor, rows: readonly HealthRow[]): Promise<void> {
  await sql`
    INSERT INTO health_checks (at, status, checks)
    SELECT * FROM unnest(
      ${rows.map((row) => row.at)}::text[]::timestamptz[],
      ${rows.map((row) => row.status)}::text[],
      ${rows.map((row) => JSON.stringify(row.checks))}::text[]::json[])
    ON CONFLICT DO NOTHING`;
}
