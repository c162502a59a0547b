import type { Executor } from "./client.ts";
import type { ClientRow } from "./insert-client.ts";

/** A client that nobody else can change before this transaction ends. */
export async function lockClient(sql: Executor, clientId: string): Promise<ClientRow | undefined> {
  const rows = await sql<ClientRow[]>`
    SELECT client_id, name, active, rate_limit_per_second, burst, created_at
      FROM clients WHERE client_id = ${clientId}
       FOR UPDATE`;
  return rows[0];
}
