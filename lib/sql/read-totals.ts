import type { Executor } from "./client.ts";
import { andIf } from "./fragments.ts";

/** What has become of a client's events so far. */
export interface ClientTotals {
  client_id: string;
  stored: number;
  duplicates: number;
  quarantined: number;
}

/** @param clientId null for every client of which something has been settled */
export async function readTotals(sql: Executor, clientId: string | null): Promise<ClientTotals[]> {
  return sql<ClientTotals[]>`
    SELECT client_id, sum(stored)::float8 AS stored, sum(duplicates)::float8 AS duplicates,
           sum(quarantined)::float8 AS quarantined
      FROM pipeline_totals
     WHERE true ${andIf(sql, clientId ?? undefined, (id) => sql`client_id = ${id}`)}
     GROUP BY client_id`;
}
