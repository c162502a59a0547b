import { type Database, type Executor, silenceSeconds, type Transaction } from "../../postgres/client.ts";

/** An index of one partition. Names are built from those of partitions, so they need no quoting. */
export interface PartitionIndex {
  table: string;
  name: string;
  /** What follows `ON table` in CREATE INDEX. */
  definition: string;
  /** The index of the parent that it becomes a part of, if any. */
  parent?: string;
}

/** An index of a partition as it is. */
export interface FoundIndex {
  name: string;
  /** False while it is built, and if building it failed. */
  valid: boolean;
  /** The parent's index that it is a part of; null for an index of the partition alone. */
  parent: string | null;
}

/** A partition of `events`. */
export interface IndexedTable {
  table: string;
  /** Size without indexes. */
  bytes: number;
  indexes: FoundIndex[];
}

/** The partitions of `events` with their indexes, the newest week first. */
export const listIndexedTables = (sql: Executor): Promise<IndexedTable[]> => sql<IndexedTable[]>`
  SELECT t.relname AS table, pg_table_size(t.oid)::float8 AS bytes,
         (SELECT coalesce(json_agg(json_build_object('name', c.relname, 'valid', x.indisvalid, 'parent', p.relname)), '[]')
            FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
            LEFT JOIN pg_inherits pi ON pi.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = pi.inhparent
           WHERE x.indrelid = t.oid) AS indexes
    FROM pg_inherits i JOIN pg_class t ON t.oid = i.inhrelid
   WHERE i.inhparent = 'events'::regclass
   ORDER BY t.relname DESC`;

/** True if a session builds an index in this database: one of an earlier run, or of a person. */
export async function isBuilding(sql: Executor): Promise<boolean> {
  const [row] = await sql<[{ building: boolean }]>`
    SELECT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE datname = current_database()) AS building`;
  return row.building;
}

/** The indexes of `events` itself, and whether each is complete: every partition has its part. */
export async function listParentIndexes(sql: Executor): Promise<Map<string, boolean>> {
  const rows = await sql<{ name: string; valid: boolean }[]>`
    SELECT c.relname AS name, x.indisvalid AS valid FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
     WHERE x.indrelid = 'events'::regclass`;
  return new Map(rows.map(({ name, valid }) => [name, valid]));
}

/**
 * Builds an index while others read and write. If it fails, it leaves an invalid index behind, see `dropIndex`.
 * https://www.postgresql.org/docs/18/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
 * @param timeoutMs when the server cancels it
 */
export const buildIndex = (sql: Database, { table, name, definition }: PartitionIndex, timeoutMs: number) =>
  alone(sql, `CREATE INDEX CONCURRENTLY ${name} ON ${table} ${definition}`, timeoutMs);

/** Removes an index of one partition while others read and write. */
export const dropIndex = (sql: Database, name: string, timeoutMs: number) =>
  alone(sql, `DROP INDEX CONCURRENTLY IF EXISTS ${name}`, timeoutMs);

/** Makes an index of a partition a part of its parent's. */
export async function attachIndex(tx: Transaction, parent: string, name: string): Promise<void> {
  await tx.unsafe(`ALTER INDEX ${parent} ATTACH PARTITION ${name}`);
}

/** Removes an index of `events` with its parts. */
export async function dropParentIndex(tx: Transaction, name: string): Promise<void> {
  await tx.unsafe(`DROP INDEX IF EXISTS ${name}`);
}

/** Runs a statement that can't run in a transaction, and may take long. */
async function alone(sql: Database, statement: string, timeoutMs: number): Promise<void> {
  const session = await sql.reserve();
  try {
    await session`SELECT set_config('statement_timeout', ${String(timeoutMs)}, false)`;
    // The driver takes a connection for dead that is silent for longer than its usual statements; see docs/decisions/0025.
    await Object.assign(session.unsafe(statement), { silence_timeout: silenceSeconds(timeoutMs) });
  } finally {
    await session`RESET statement_timeout`.catch(() => {});
    session.release();
  }
}
