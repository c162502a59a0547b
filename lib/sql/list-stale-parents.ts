import type { Executor } from "./client.ts";

/**
 * Partitioned tables without statistics, or with older ones than one of their partitions has. Autovacuum never makes any
 * for them. https://www.postgresql.org/docs/18/routine-vacuuming.html#VACUUM-FOR-STATISTICS
 */
export async function listStaleParents(sql: Executor): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    SELECT p.relname AS name FROM pg_stat_user_tables p JOIN pg_class c ON c.oid = p.relid
     WHERE p.schemaname = current_schema() AND c.relkind = 'p'
       AND (p.last_analyze IS NULL OR EXISTS (
             SELECT FROM pg_inherits i JOIN pg_stat_user_tables s ON s.relid = i.inhrelid
              WHERE i.inhparent = p.relid AND greatest(s.last_analyze, s.last_autoanalyze) > p.last_analyze))`;
  return rows.map(({ name }) => name);
}
