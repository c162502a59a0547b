import type { Executor } from "./client.ts";

/** Has anything ever been settled? */
export async function hasTotals(sql: Executor): Promise<boolean> {
  const [row] = await sql<[{ found: boolean }]>`SELECT EXISTS (SELECT FROM pipeline_totals) AS found`;
  return row.found;
}
