import type { Executor, Transaction } from "../../postgres/client.ts";

/** Tables with more than a tenth of their rows changed since the last ANALYZE, the most changed first. */
export async function listStaleTables(sql: Executor): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    SELECT s.relname AS name FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
     WHERE s.schemaname = current_schema() AND c.relkind = 'r'
       AND s.n_mod_since_analyze > 50 + 0.1 * greatest(c.reltuples, 0)
     ORDER BY s.n_mod_since_analyze DESC`;
  return rows.map(({ name }) => name);
}

/** First version of PostgreSQL that has ANALYZE ONLY, which skips the partitions; they are already analyzed. */
const KNOWS_ONLY = 180_000;

/** Analyzes a partitioned table, unless another session has locked it. */
export async function analyzeParent(tx: Transaction, name: string): Promise<void> {
  const [row] = await tx<[{ version: number }]>`SELECT current_setting('server_version_num')::int AS version`;
  await (row.version < KNOWS_ONLY
    ? tx`ANALYZE (SKIP_LOCKED) ${tx(name)}`
    : tx`ANALYZE (SKIP_LOCKED) ONLY ${tx(name)}`);
}

/** Analyzes a table, unless another session has locked it. */
export async function analyzeTable(tx: Transaction, name: string): Promise<void> {
  await tx`ANALYZE (SKIP_LOCKED) ${tx(name)}`;
}

/**
 * Partitioned tables without statistics, or with statistics older than those of a partition. Autovacuum never analyzes
 * them. https://www.postgresql.org/docs/18/routine-vacuuming.html#VACUUM-FOR-STATISTICS
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
