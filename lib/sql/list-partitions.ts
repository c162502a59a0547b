import type { Executor } from "./client.ts";

/** Names of the partitions that are attached to `events`, `audit_log` and `audit_personal`, DEFAULT included. */
export async function listPartitions(sql: Executor): Promise<Set<string>> {
  const rows = await sql<{ name: string }[]>`
    SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent IN ('events'::regclass, 'audit_log'::regclass, 'audit_personal'::regclass)`;
  return new Set(rows.map(({ name }) => name));
}
