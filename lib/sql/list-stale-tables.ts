import type { Executor } from "./client.ts";

/** Tables of which a tenth has changed since the planner's statistics were made, the most changed first. */
export async function listStaleTables(sql: Executor): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    SELECT s.relname AS name FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
     WHERE s.schemaname = current_schema() AND c.relkind = 'r'
       AND s.n_mod_since_analyze > 50 + 0.1 * greatest(c.reltuples, 0)
     ORDER BY s.n_mod_since_analyze DESC`;
  return rows.map(({ name }) => name);
}
