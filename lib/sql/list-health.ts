import type { Instant } from "../time.ts";
import type { Executor } from "./client.ts";
import { time, utc } from "./fragments.ts";

/** A scheduled check; its time as UTC text with six fractional digits. */
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
