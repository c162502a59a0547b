/** How far stored events lag behind sent ones, and how far back queries reach. */

import type { Database } from "../postgres/client.ts";
import type { Queue } from "../queue/port.ts";
import { hasSettledBefore } from "./sql/has-settled-before.ts";
import { type Clock, readClock } from "./sql/horizon.ts";

export interface Freshness {
  /** Every event queued before this time, by the database's clock, is stored. Null if unknown. */
  as_of: string | null;
  /** Age of the oldest waiting message; 0 if no message waits, null if unknown. */
  lag_ms: number | null;
}

/** How fresh a response is, and what it may read: for `horizon`, see `clampStart`. */
export type FreshnessAndBoundaries = { freshness: Freshness } & Pick<Clock, "horizon" | "packedBefore">;

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
 * The returned boundaries are valid for a minute, see `readClock`.
 */
export async function readFreshness({
  sql,
  queue,
}: {
  sql: Database;
  queue: Queue;
}): Promise<FreshnessAndBoundaries> {
  const { nowMs, ...boundaries } = await readClock(sql);
  const depth = await queue.depth().catch(() => undefined);
  if (!depth || (depth.lostMs >= 0 && (await hasSettledBefore(sql, depth.lostMs))))
    return { freshness: { as_of: null, lag_ms: null }, ...boundaries };
  const lagMs = Math.ceil(depth.oldestAgeMs);
  return { freshness: { as_of: new Date(nowMs - lagMs).toISOString(), lag_ms: lagMs }, ...boundaries };
}
