import type { Executor } from "./client.ts";
import type { ClientRow } from "./insert-client.ts";

export async function findClient(sql: Executor, clientId: string): Promise<ClientRow | undefined> {
  const rows = await sql<ClientRow[]>`
    SELECT client_id, name, active, rate_limit_per_second, burst, created_at
      FROM clients WHERE client_id = ${clientId}`;
  return rows[0];
}
