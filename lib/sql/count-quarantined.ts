import type { Executor } from "./client.ts";
import { andIf } from "./fragments.ts";

/** Quarantined events by reason, most first. @param clientId undefined for all clients */
export async function countQuarantined(
  sql: Executor,
  clientId: string | undefined,
): Promise<{ reason: string; count: number }[]> {
  return sql<{ reason: string; count: number }[]>`
    SELECT reason, count(*)::int AS count FROM quarantine
     WHERE true ${andIf(sql, clientId, (id) => sql`client_id = ${id}`)}
     GROUP BY reason ORDER BY count DESC, reason`;
}
