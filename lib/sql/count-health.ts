import type { Instant } from "../time.ts";
import type { Executor } from "./client.ts";
import { time } from "./fragments.ts";

/** How many scheduled checks there were at or after `start` and before `end`, and how many found a fault. */
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
