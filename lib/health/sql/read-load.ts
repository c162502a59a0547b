import type { Executor } from "../../postgres/client.ts";

export interface Load {
  /** Events so far that had been stored already. */
  duplicates: number;
  /** Events in quarantine now. */
  quarantined: number;
  /** Connections to the server, of everybody, in percent of max_connections. */
  connectionsPercent: number;
}

/**
 * Reads only counters: eight rows a client, and one row a database. `pg_stat_activity` would need a privilege to show
 * other users' sessions.
 */
export async function readLoad(sql: Executor): Promise<Load> {
  const [row] = await sql<[Load]>`
    SELECT coalesce(sum(duplicates), 0)::float8 AS duplicates, coalesce(sum(quarantined), 0)::float8 AS quarantined,
           (SELECT 100.0 * sum(numbackends) / current_setting('max_connections')::int
              FROM pg_stat_database WHERE datname IS NOT NULL)::float8 AS "connectionsPercent"
      FROM pipeline_totals`;
  return row;
}
