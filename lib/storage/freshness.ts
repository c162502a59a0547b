/** How far stored events lag behind sent ones, and how far back queries reach. */

import type { Instant } from "../base/time.ts";
import type { Database } from "../postgres/client.ts";
import type { Queue } from "../queue/port.ts";
import { hasSettledBefore } from "./sql/has-settled-before.ts";
import { readClock } from "./sql/horizon.ts";

export interface Freshness {
  /** Every event queued before this time, by the database's clock, is stored. Null if unknown. */
  as_of: string | null;
  /** Age of the oldest waiting message; 0 if no message waits, null if unknown. */
  lag_ms: number | null;
}

/** `horizon` is the time before which nothing is counted: see `clampStart`. */
export type FreshnessAndHorizon = Freshness & { horizon: Instant };

/** Where events are stored, and where they wait. */
export interface Stores {
  sql: Database;
  queue: Queue;
}

/**
 * Call before the query itself: events stored by now are certainly in a result read later. The clock is read first, since
 * an event may arrive while the queue answers. If the queue is unreachable, `as_of` and `lag_ms` are null, and the
 * response is sent nevertheless. They are also null while Redis, after coming back empty, does not know what waits in SQS.
 *
 * The returned horizon is valid for a minute: after the horizon moves, data before it stays complete for that long.
 */
export async function readFreshness({
  sql,
  queue,
}: {
  sql: Database;
  queue: Queue;
}): Promise<FreshnessAndHorizon> {
  const { nowMs, horizon } = await readClock(sql);
  const depth = await queue.depth().catch(() => undefined);
  if (!depth || (depth.lostMs >= 0 && (await hasSettledBefore(sql, depth.lostMs))))
    return { as_of: null, lag_ms: null, horizon };
  const lagMs = Math.ceil(depth.oldestAgeMs);
  return { as_of: new Date(nowMs - lagMs).toISOString(), lag_ms: lagMs, horizon };
}
