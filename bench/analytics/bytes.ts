/** What is stored for an event. */
import type { Table } from "../part.ts";
import { format } from "../statistics.ts";
import type { Loaded } from "./ask.ts";

const COUNTED = ["events", "event_ledger", "rollups", "packed_days"] as const;

interface TableBytes {
  name: (typeof COUNTED)[number];
  table: number;
  index: number;
}

/** Partitions of a table count as the table. */
async function tableBytes({ deps }: Loaded): Promise<TableBytes[]> {
  return deps.sql<TableBytes[]>`
    SELECT name, sum(pg_table_size(relid))::float8 AS table, sum(pg_indexes_size(relid))::float8 AS index
      FROM (SELECT relid, CASE WHEN relname LIKE 'events\\_%' THEN 'events' WHEN relname LIKE 'rollups\\_%' THEN 'rollups'
                              ELSE relname END AS name
              FROM pg_stat_user_tables) AS t
     WHERE name = ANY(${[...COUNTED]}::text[]) GROUP BY 1 ORDER BY 1`;
}

/** Bytes of each table with its indexes. */
export async function totalBytes(loaded: Loaded): Promise<Record<TableBytes["name"], number>> {
  const rows = await tableBytes(loaded);
  return Object.fromEntries(rows.map(({ name, table, index }) => [name, table + index])) as Record<
    TableBytes["name"],
    number
  >;
}

export async function bytesOf(loaded: readonly Loaded[]): Promise<Table> {
  const rows: string[][] = [];
  for (const one of loaded)
    for (const { name, table, index } of await tableBytes(one))
      rows.push([format(one.events), name, format(table / one.events), format(index / one.events)]);
  return {
    caption: "Bytes per event:",
    head: ["events stored", "table", "table bytes", "index bytes"],
    rows,
  };
}
