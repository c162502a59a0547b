import type { Executor } from "./client.ts";

export interface ClientRow {
  client_id: string;
  name: string;
  active: boolean;
  rate_limit_per_second: number;
  burst: number;
  created_at: Date;
}

/** @returns undefined where a client of that id exists */
export async function insertClient(
  sql: Executor,
  client: Omit<ClientRow, "created_at">,
): Promise<ClientRow | undefined> {
  const rows = await sql<ClientRow[]>`
    INSERT INTO clients (client_id, name, active, rate_limit_per_second, burst)
    VALUES (${client.client_id}, ${client.name}, ${client.active}, ${client.rate_limit_per_second}, ${client.burst})
    ON CONFLICT DO NOTHING
    RETURNING client_id, name, active, rate_limit_per_second, burst, created_at`;
  return rows[0];
}
