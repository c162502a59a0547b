import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";

/**
 * Numbers of events by day (UTC), packed or not: rows of `client_id`, `event_type`, `day` and `count`, several for a day. The
 * statement reads the boundary in its own snapshot, so it counts each event once.
 * @param ours condition on `client_id` and `event_type`
 * @param from first day; SQL for a time at 00:00 UTC
 * @param to day after the last one, as `from`
 */
export const dailyCounts = (sql: Executor, ours: Fragment, from: Fragment, to: Fragment): Fragment => sql`
  SELECT client_id, event_type, day, count FROM packed_days WHERE ${ours} AND day >= ${from} AND day < ${to}
  UNION ALL
  SELECT client_id, event_type, date_trunc('day', bucket, 'UTC'), count FROM rollups
   WHERE ${ours} AND grain = 15 AND bucket >= ${from} AND bucket < least(${to}, (SELECT before FROM packing))
  UNION ALL
  SELECT client_id, event_type, bucket, count FROM rollups
   WHERE ${ours} AND grain = 1440 AND bucket >= greatest(${from}, (SELECT before FROM packing)) AND bucket < ${to}`;
