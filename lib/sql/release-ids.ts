import type { Transaction } from "./client.ts";
import { keyOf } from "./fragments.ts";
import type { ExpiredPartition } from "./lock-expired.ts";

/**
 * Removes the ledger rows of the events in the next blocks of a detached partition. A ledger row counts as the event's
 * only with the event's time: the same id may have been sent again, with a newer one, after it was removed.
 * @param count blocks to take
 * @returns how many ledger rows went
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
