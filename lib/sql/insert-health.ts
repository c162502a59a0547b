import type { HealthRow } from "../message.ts";
import type { Executor } from "./client.ts";

/** Records findings of the scheduled health check. */
export async function insertHealth(sql: Executor, rows: readonly HealthRow[]): Promise<void> {
  await sql`
    INSERT INTO health_checks (at, status, checks)
    SELECT * FROM unnest(
      ${rows.map((row) => row.at)}::text[]::timestamptz[],
      ${rows.map((row) => row.status)}::text[],
      ${rows.map((row) => JSON.stringify(row.checks))}::text[]::json[])
    ON CONFLICT DO NOTHING`;
}
