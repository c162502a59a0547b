import type { Transaction } from "./client.ts";

/** A detached partition on its way out; blocks are pages of the table, numbered from 0. */
export interface ExpiredPartition {
  name: string;
  next_block: number;
  blocks: number;
}

/** The first detached partition that nobody else works on, locked until the transaction ends. */
export async function lockExpired(tx: Transaction): Promise<ExpiredPartition | undefined> {
  const rows = await tx<ExpiredPartition[]>`
    SELECT name, next_block::int,
           (pg_relation_size(name::regclass) / current_setting('block_size')::int)::int AS blocks
      FROM expired_partitions
     ORDER BY name LIMIT 1
       FOR UPDATE SKIP LOCKED`;
  return rows[0];
}
