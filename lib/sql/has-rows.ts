import type { Executor } from "./client.ts";
import { time } from "./fragments.ts";

/** Does a table have a row of that time, `from` inclusive and `to` exclusive? */
export async function hasRows(
  sql: Executor,
  { table, column, from, to }: { table: string; column: string; from: string; to: string },
): Promise<boolean> {
  const [row] = await sql<[{ found: boolean }]>`
    SELECT EXISTS (
      SELECT FROM ${sql(table)} WHERE ${sql(column)} >= ${time(sql, from)} AND ${sql(column)} < ${time(sql, to)}
    ) AS found`;
  return row.found;
}
