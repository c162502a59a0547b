/** Tables of the plain design. */
import { createHash } from "node:crypto";
import postgres from "postgres";

/** Connections of the plain design's API and worker. */
export type Database = postgres.Sql;

/** @param size number of connections; each API call and each worker uses one at a time */
export const connect = (url: string, size: number): Database =>
  postgres(url, { max: size, onnotice: () => {} });

export const hashKey = (key: string): string => createHash("sha256").update(key).digest("hex");

export async function createSchema(sql: Database): Promise<void> {
  await sql`CREATE TABLE plain_keys (
    hash text PRIMARY KEY, client_id text NOT NULL, active boolean NOT NULL DEFAULT true)`;
  await sql`CREATE TABLE plain_audit (
    id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), client_id text, method text NOT NULL,
    path text NOT NULL, status integer NOT NULL, duration_ms integer NOT NULL)`;
  await sql`CREATE TABLE plain_events (
    client_id text NOT NULL, event_id text NOT NULL, event_type text NOT NULL, event_time timestamptz NOT NULL,
    payload jsonb NOT NULL, received_at timestamptz NOT NULL, processed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, event_id))`;
  await sql`CREATE INDEX plain_events_time ON plain_events (client_id, event_type, event_time)`;
}

export async function addKey(sql: Database, key: string, clientId: string): Promise<void> {
  await sql`INSERT INTO plain_keys (hash, client_id) VALUES (${hashKey(key)}, ${clientId})`;
}
