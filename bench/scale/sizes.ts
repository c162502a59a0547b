/** Sizes of what PostgreSQL and Redis hold, by table, index and kind of key. */
import type { Redis } from "ioredis";
import type { Deps } from "../../lib/app/connect.ts";
import type { Database } from "../../lib/postgres/client.ts";

/** Bytes by name: of a table with its partitions and TOAST, of all its indexes (`… indexes`), of one index of `events`. */
export type Sizes = Record<string, number>;

/** Tables whose rows are counted. */
const COUNTED = [
  "rollups_minute",
  "rollups_quarter",
  "rollups_hour",
  "rollups_day",
  "feed",
  "receipts",
  "audit_log",
] as const;

/** Each grain of the rollups counts as a table. */
export async function sizesOf(sql: Database): Promise<Sizes> {
  const tables = await sql<{ name: string; table: number; indexes: number }[]>`
    SELECT CASE WHEN t.relname LIKE 'rollups\\_%' THEN t.relname
                ELSE coalesce(root.relname, t.relname) END AS name,
           sum(pg_table_size(t.oid))::float8 AS table, sum(pg_indexes_size(t.oid))::float8 AS indexes
      FROM pg_class t LEFT JOIN pg_class root ON root.oid = pg_partition_root(t.oid)
     WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace GROUP BY 1`;
  const parts = await sql<{ name: string; bytes: number }[]>`
    SELECT parent.relname AS name, sum(pg_relation_size(i.inhrelid))::float8 AS bytes
      FROM pg_inherits i JOIN pg_class parent ON parent.oid = i.inhparent
     WHERE parent.relname IN ('events_client_time_id', 'events_time') GROUP BY 1`;
  return Object.fromEntries([
    ...tables.flatMap(({ name, table, indexes }) => [
      [name, table],
      [`${name} indexes`, indexes],
    ]),
    ...parts.map(({ name, bytes }) => [name, bytes]),
  ]);
}

export async function rowsOf(sql: Database): Promise<Record<(typeof COUNTED)[number], number>> {
  const rows: Partial<Record<string, number>> = {};
  for (const table of COUNTED) {
    const [row] = await sql<[{ count: number }]>`SELECT count(*)::float8 AS count FROM ${sql(table)}`;
    rows[table] = row.count;
  }
  return rows as Record<(typeof COUNTED)[number], number>;
}

/** Positions in the server's counters: WAL in bytes, its full pages, and transaction ids. */
export interface Counters {
  wal: number;
  fullPages: number;
  transactions: number;
}

export async function countersOf(sql: Database): Promise<Counters> {
  const [row] = await sql<[Counters]>`
    SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS wal,
           (SELECT wal_fpi FROM pg_stat_wal)::float8 AS "fullPages",
           pg_snapshot_xmax(pg_current_snapshot())::text::float8 AS transactions`;
  return row;
}

/** Size and rows of the indexes by type, which maintenance has built for some weeks. */
export async function typeIndexOf(sql: Database): Promise<{ bytes: number; events: number }> {
  const parts = await sql<{ table: string; bytes: number }[]>`
    SELECT x.indrelid::regclass::text AS table, pg_relation_size(x.indexrelid)::float8 AS bytes
      FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE c.relname LIKE '%\\_type\\_client\\_time'`;
  let events = 0;
  for (const { table } of parts) {
    const [row] = await sql<[{ count: number }]>`SELECT count(*)::float8 AS count FROM ${sql(table)}`;
    events += row.count;
  }
  return { bytes: parts.reduce((sum, part) => sum + part.bytes, 0), events };
}

/** What keys of Redis are for. */
const KINDS = {
  seen: /:seen:/,
  stream: /:queue$/,
  notes: /:(receipts|open|waiting)$/,
  clients: /:(key|client|limit):/,
  decided: /:decided:/,
} as const;
export type Kind = keyof typeof KINDS;

/** Bytes of memory by kind of key, from MEMORY USAGE with every element, so that it takes a while. */
export async function memoryOf({ redis }: Deps): Promise<Record<Kind, number>> {
  const bytes = { seen: 0, stream: 0, notes: 0, clients: 0, decided: 0 };
  let cursor = "0";
  do {
    const [next, keys] = await (redis as Redis).scan(cursor, "COUNT", 1_000);
    const sizes = await Promise.all(
      keys.map((key) => redis.call("MEMORY", "USAGE", key, "SAMPLES", "0") as Promise<number | null>),
    );
    for (const [n, key] of keys.entries())
      for (const kind of Object.keys(KINDS) as Kind[])
        if (KINDS[kind].test(key)) bytes[kind] += sizes[n] ?? 0;
    cursor = next;
  } while (cursor !== "0");
  return bytes;
}
