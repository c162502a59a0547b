/** Sums rollups of each grain. */
import type { Executor } from "../../lib/postgres/client.ts";
import type { Fragment } from "../../lib/postgres/fragments.ts";

/**
 * Sums the counts of a grain's rollups. Days before `packing.before` have no rollups of each grain, so they are counted from packed days and
 * quarters of an hour.
 * @param ours condition on `client_id`
 * @param from SQL for a time at 00:00 UTC
 */
export const countedBy = (
  sql: Executor,
  grain: 1 | 15 | 60 | 1440,
  ours: Fragment,
  from: Fragment,
): Fragment => sql`
  ((SELECT coalesce(sum(count), 0)::int FROM rollups, packing
     WHERE ${ours} AND bucket >= ${from} AND grain = CASE WHEN bucket < before THEN 15 ELSE ${grain}::int END)
   + (SELECT coalesce(sum(count), 0)::int FROM packed_days WHERE ${ours} AND day >= ${from}))`;
