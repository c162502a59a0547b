import type { Executor } from "../../postgres/client.ts";

export interface ClientRow {
  client_id: string;
  name: string;
  active: boolean;
  rate_limit_per_second: number;
  burst: number;
  /** See the contract. */
  origins: string[];
  created_at: Date;
}

/** @returns undefined if a client with that id exists */
export async function insertClient(
  sql: Executor,
  client: Omit<ClientRow, "created_at">,
): Promise<ClientRow | undefined> {
  const rows = await sql<ClientRow[]>`
    INSERT INTO clients (client_id, name, active, rate_limit_per_second, burst, origins)
    VALUES (${client.client_id}, ${client.name}, ${client.active}, ${client.rate_limit_per_second}, ${client.burst},
            ${client.origins})
    ON CONFLICT DO NOTHING
    RETURNING client_id, name, active, rate_limit_per_second, burst, origins, created_at`;
  return rows[0];
}

export async function findClient(sql: Executor, clientId: string): Promise<ClientRow | undefined> {
  const rows = await sql<ClientRow[]>`
    SELECT client_id, name, active, rate_limit_per_second, burst, origins, created_at
      FROM clients WHERE client_id = ${clientId}`;
  return rows[0];
}

/** Clients by id. @param after last id of the previous page; null for the first page */
export async function selectClients(
  sql: Executor,
  after: string | null,
  limit: number,
): Promise<ClientRow[]> {
  return sql<ClientRow[]>`
    SELECT client_id, name, active, rate_limit_per_second, burst, origins, created_at
      FROM clients
     WHERE ${after}::text IS NULL OR client_id > ${after}
     ORDER BY client_id
     LIMIT ${limit}`;
}

/** Reads a client and locks its row until this transaction ends. */
export async function lockClient(sql: Executor, clientId: string): Promise<ClientRow | undefined> {
  const rows = await sql<ClientRow[]>`
    SELECT client_id, name, active, rate_limit_per_second, burst, origins, created_at
      FROM clients WHERE client_id = ${clientId}
       FOR UPDATE`;
  return rows[0];
}

/** Undefined members stay as they are. */
export type ClientChanges = {
  [Name in "name" | "active" | "rate_limit_per_second" | "burst" | "origins"]?: ClientRow[Name] | undefined;
};

/** @returns the changed client; undefined if no client has that id */
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
           burst = coalesce(${changes.burst ?? null}, burst),
           origins = coalesce(${changes.origins ?? null}::text[], origins)
     WHERE client_id = ${clientId}
    RETURNING client_id, name, active, rate_limit_per_second, burst, origins, created_at`;
  return rows[0];
}
