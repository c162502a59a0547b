import type { Executor } from "../../postgres/client.ts";

export interface ServerRow {
  version: string;
  /** Such as 180001. */
  number: number;
  user: string;
  /** In milliseconds since the Unix epoch. */
  at: number;
  read_only: boolean;
  /** Null if there is no such table. */
  may_migrate: boolean | null;
  /** Age of the oldest open transaction in this database, or null. Only a superuser sees other users' transactions. */
  oldest_transaction_seconds: number | null;
}

export async function readServer(sql: Executor): Promise<ServerRow> {
  const [row] = await sql<[ServerRow]>`
    SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
           current_user::text AS user, extract(epoch FROM clock_timestamp())::float8 * 1000 AS at,
           pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS read_only,
           (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('schema_migrations')) AS may_migrate,
           (SELECT extract(epoch FROM max(clock_timestamp() - xact_start))::float8 FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()) AS oldest_transaction_seconds`;
  return row;
}

/** Names of the applied migrations, oldest first; undefined if there is no table of them. */
export async function appliedMigrations(sql: Executor): Promise<string[] | undefined> {
  const [row] = await sql<
    [{ exists: boolean }]
  >`SELECT to_regclass('schema_migrations') IS NOT NULL AS exists`;
  if (!row.exists) return undefined;
  const rows = await sql<{ name: string }[]>`SELECT name FROM schema_migrations ORDER BY version`;
  return rows.map(({ name }) => name);
}
