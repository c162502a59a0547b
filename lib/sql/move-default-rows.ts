import type { Transaction } from "./client.ts";
import { time } from "./fragments.ts";
import type { PartitionBounds } from "./make-partition.ts";

/**
 * Moves the rows that belong into a partition out of DEFAULT into its table, which is not attached yet.
 *
 * Writers wait from the beginning on, or they would put more of them into DEFAULT. Readers still find the rows in
 * DEFAULT while they are moved, and wait only from then until the caller's commit: one that has planned its query
 * without the new partition, and takes its snapshot after the commit, would find the rows in neither.
 * @param column the partition key
 * @returns how many rows were moved
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
