import type { Executor } from "./client.ts";

/** Ids of the erasures that are not complete, the first asked for first. */
export async function listOpenErasures(sql: Executor): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    SELECT erasure_id AS id FROM erasures WHERE completed_at IS NULL ORDER BY requested_at`;
  return rows.map(({ id }) => id);
}
