import type { Executor } from "./client.ts";
import type { ClientRow } from "./insert-client.ts";

/** What is undefined stays. */
export type ClientChanges = {
  [Name in "name" | "active" | "rate_limit_per_second" | "burst"]?: ClientRow[Name] | undefined;
};

/** @returns the client as it is now, or undefined where there is none of that id */
export async function updateClient(
  sql: Executor,
  clientId: string,
  changes: ClientChanges,
): Promise<ClientRow | undefined> {
  const rows = await sql<ClientRow[]>`
    UPDATE clients
       SET name = coalesce(${changes.name ?? null}, name),
           active = coalesce(${changes.active ?? null}, active),
           rate_limit_per_second = coalesce(${changes.rate_limit_per_second ?? null}, rate_limit_per_second),
           burst = coalesce(${changes.burst ?? null}, burst)
     WHERE client_id = ${clientId}
    RETURNING client_id, name, active, rate_limit_per_second, burst, created_at`;
  return rows[0];
}
