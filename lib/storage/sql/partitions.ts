import type { Executor, Transaction } from "../../postgres/client.ts";
import { time } from "../../postgres/fragments.ts";

/** A partition by time range. Names and bounds are built only from dates, so they need no quoting. */
export interface PartitionBounds {
  parent: "events" | "audit_log" | "audit_personal";
  name: string;
  /** Inclusive, RFC 3339; `to` is exclusive. */
  from: string;
  to: string;
}

/**
 * Creates the table of a partition without attaching it. Rows are written once: the first vacuum freezes them, so that no
 * later one has to rewrite their pages. Vacuums run while the partition still grows, since nothing triggers one after
 * its week.
 */
export async function makePartition(tx: Transaction, { parent, name }: PartitionBounds): Promise<void> {
  await tx.unsafe(`
    CREATE TABLE ${name} (LIKE ${parent} INCLUDING ALL)
      WITH (autovacuum_freeze_min_age = 0, autovacuum_vacuum_insert_scale_factor = 0.1)`);
}

/**
 * Attaches a partition, so that new rows in its range go into it. Unlike CREATE TABLE … PARTITION OF, this does not block
 * the other partitions; only DEFAULT is locked.
 * https://www.postgresql.org/docs/18/ddl-partitioning.html
 * @throws SQLSTATE 23514 if DEFAULT has a row in its range
 */
export async function attachPartition(
  tx: Transaction,
  { parent, name, from, to }: PartitionBounds,
): Promise<void> {
  await tx.unsafe(`ALTER TABLE ${parent} ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`);
}

/** Names of the partitions attached to `events`, `audit_log` and `audit_personal`, including DEFAULT. */
export async function listPartitions(sql: Executor): Promise<Set<string>> {
  const rows = await sql<{ name: string }[]>`
    SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent IN ('events'::regclass, 'audit_log'::regclass, 'audit_personal'::regclass)`;
  return new Set(rows.map(({ name }) => name));
}

/**
 * Moves a partition's rows from DEFAULT into its table, which is not attached yet.
 *
 * Writers are blocked from the start, or they would insert more such rows into DEFAULT. Readers still find the rows in
 * DEFAULT during the move, and are blocked only from its end until the caller's commit: a query planned without the new
 * partition, whose snapshot is taken after the commit, would find the rows in neither.
 * @param column the partition key
 * @returns number of rows moved
 */
export async function moveDefaultRows(
  tx: Transaction,
  { parent, name, from, to }: PartitionBounds,
  column: string,
): Promise<number> {
  await tx`LOCK TABLE ${tx(parent)} IN SHARE ROW EXCLUSIVE MODE`;
  const [row] = await tx<[{ moved: number }]>`
    WITH moved AS (
      DELETE FROM ${tx(`${parent}_default`)}
       WHERE ${tx(column)} >= ${time(tx, from)} AND ${tx(column)} < ${time(tx, to)}
      RETURNING *
    ), kept AS (
      INSERT INTO ${tx(name)} SELECT * FROM moved RETURNING 1
    )
    SELECT count(*)::int AS moved FROM kept`;
  await tx`LOCK TABLE ${tx(parent)} IN ACCESS EXCLUSIVE MODE`;
  return row.moved;
}

/** True if a table has a row in the range, `from` inclusive and `to` exclusive. */
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

/**
 * Lists the periods for which a DEFAULT partition has rows.
 * @param column the partition key
 * @param stepMs length of a period; the periods are aligned to `originMs`, in milliseconds since the Unix epoch
 * @param from only rows at or after this time, RFC 3339
 * @returns starts of periods, in milliseconds since the Unix epoch
 */
export async function listDefaultPeriods(
  sql: Executor,
  { table, column, stepMs, originMs }: { table: string; column: string; stepMs: number; originMs: number },
  from: string,
): Promise<number[]> {
  const rows = await sql<{ ms: number }[]>`
    SELECT DISTINCT (extract(epoch FROM
             date_bin(${`${stepMs} milliseconds`}::interval, ${sql(column)}, ${time(sql, new Date(originMs).toISOString())})) * 1000)::float8 AS ms
      FROM ${sql(table)} WHERE ${sql(column)} >= ${time(sql, from)}
     ORDER BY 1`;
  return rows.map(({ ms }) => ms);
}

/** Counting stops here: it matters only that there are rows, and the query must be cheap. */
const MAX_COUNTED = 10_000;

/** Names of the partitions of `events`, and number of rows in the DEFAULT partitions of all tables. */
export async function readPartitionState(
  sql: Executor,
): Promise<{ names: ReadonlySet<string>; defaultRows: number }> {
  const [row] = await sql<[{ names: string[]; default_rows: number }]>`
    SELECT (SELECT array_agg(c.relname::text) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = 'events'::regclass) AS names,
           (SELECT count(*)::int FROM (
              (SELECT FROM events_default LIMIT ${MAX_COUNTED})
              UNION ALL (SELECT FROM audit_log_default LIMIT ${MAX_COUNTED})
              UNION ALL (SELECT FROM audit_personal_default LIMIT ${MAX_COUNTED})) AS found) AS default_rows`;
  return { names: new Set(row.names), defaultRows: row.default_rows };
}

/** Any constant that no other lock uses: concurrent creators of partitions wait for each other. */
const ADVISORY_LOCK = 0x70617274;

/** Lets one transaction at a time create partitions. */
export async function lockPartitions(tx: Transaction): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`;
}
