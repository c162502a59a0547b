import type { Executor } from "./client.ts";
import type { ClientRow } from "./insert-client.ts";

/** Clients by id. @param after id that the page before ended with; null for the first page */
export async function selectClients(
  sql: Executor,
  after: string | null,
  limit: number,
): Promise<ClientRow[]> {
  return sql<ClientRow[]>`
    SELECT client_id, name, active, rate_limit_per_second, burst, created_at
      FROM clients
     WHERE ${after}::text IS NULL OR client_id > ${after}
     ORDER BY client_id
     LIMIT ${limit}`;
}
