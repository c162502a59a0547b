import type { Transaction } from "../../postgres/client.ts";
import { keyOf } from "../../postgres/fragments.ts";

/**
 * Deletes the ledger rows of the events in the next blocks of a detached partition. A ledger row belongs to the event only
 * if its time is the same: after its deletion, the same id may have been sent again with a newer time.
 * @param count number of blocks
 * @returns the number of deleted ledger rows
 */
export async function releaseIds(
  tx: Transaction,
  { name, next_block: first }: ExpiredPartition,
  count: number,
): Promise<number> {
  const end = first + count;
  const [row] = await tx<[{ released: number }]>`
    WITH page AS MATERIALIZED (
      SELECT client_id, event_time, ${keyOf(tx, "event_id")} AS event_key FROM ${tx(name)}
       WHERE ctid >= ${`(${first},0)`}::tid AND ctid < ${`(${end},0)`}::tid
    ), released AS (
      DELETE FROM event_ledger l USING page
       WHERE l.event_key = page.event_key AND l.client_id = page.client_id AND l.event_time = page.event_time
      RETURNING 1
    ), moved AS (
      UPDATE expired_partitions SET next_block = ${end} WHERE name = ${name}
    )
    SELECT count(*)::int AS released FROM released`;
  return row.released;
}

/**
 * Detaches a partition from `events`, and records that its ledger rows must be deleted. Later events of its time go to
 * DEFAULT. CONCURRENTLY is not available if there is a DEFAULT partition.
 * https://www.postgresql.org/docs/18/sql-altertable.html
 * @param name built from a date alone, so it needs no quoting
 */
export async function detachPartition(tx: Transaction, name: string): Promise<void> {
  await tx.unsafe(`ALTER TABLE events DETACH PARTITION ${name}`);
  await tx`INSERT INTO expired_partitions (name) VALUES (${name})`;
}

/** @param name a partition's name, built from a date alone, so it needs no quoting */
export async function dropTable(tx: Transaction, name: string): Promise<void> {
  await tx.unsafe(`DROP TABLE ${name}`);
}

/** Removes a dropped partition from the list. */
export async function forgetPartition(tx: Transaction, name: string): Promise<void> {
  await tx`DELETE FROM expired_partitions WHERE name = ${name}`;
}

/** A detached partition to be dropped; blocks are pages of the table, numbered from 0. */
export interface ExpiredPartition {
  name: string;
  next_block: number;
  blocks: number;
}

/** The first detached partition that no other transaction has locked, locked until this transaction ends. */
export async function lockExpired(tx: Transaction): Promise<ExpiredPartition | undefined> {
  const rows = await tx<ExpiredPartition[]>`
    SELECT name, next_block::int,
           (pg_relation_size(name::regclass) / current_setting('block_size')::int)::int AS blocks
      FROM expired_partitions
     ORDER BY name LIMIT 1
       FOR UPDATE SKIP LOCKED`;
  return rows[0];
}
