import type { Executor } from "../../postgres/client.ts";

/** The settings of this connection that decide whether what has been committed is on disk, by name. */
export async function readDurability(sql: Executor): Promise<ReadonlyMap<string, string>> {
  const rows = await sql<{ name: string; value: string }[]>`
    SELECT name, current_setting(name) AS value FROM unnest(ARRAY['fsync', 'full_page_writes', 'synchronous_commit']) AS name`;
  return new Map(rows.map(({ name, value }) => [name, value]));
}
