import type { Executor } from "../../postgres/client.ts";

/** This connection's settings that decide whether committed data is on disk, by name. */
export async function readDurability(sql: Executor): Promise<ReadonlyMap<string, string>> {
  const rows = await sql<{ name: string; value: string }[]>`
    SELECT name, current_setting(name) AS value FROM unnest(ARRAY['fsync', 'full_page_writes', 'synchronous_commit']) AS name`;
  return new Map(rows.map(({ name, value }) => [name, value]));
}
