/** How far behind what was sent an answer about stored events may be, and how far back it may reach. */

import type { Instant } from "../base/time.ts";
import type { Database } from "../postgres/client.ts";
import type { Queue } from "../queue/port.ts";
import { hasSettledBefore } from "./sql/has-settled-before.ts";
import { readClock } from "./sql/horizon.ts";

export interface Freshness {
  /** Every event that the queue took before this time, by the database's clock, is stored. Null: not known. */
  as_of: string | null;
  /** Age of the oldest message that waits; 0 when none does. */
  lag_ms: number | null;
}

/** `horizon` is the time before which nothing may be counted: see `clampStart`. */
export type FreshnessAndHorizon = Freshness & { horizon: Instant };

/** Where events are: stored, and waiting. */
export interface Stores {
  sql: Database;
  queue: Queue;
}

/**
 * To be asked before the question itself: what is stored by now is certainly in an answer read later, and the clock is
 * read first, since an event may arrive while the queue answers. When the queue is out of reach `as_of` and `lag_ms` are
 * null, and the answer goes out all the same. They are null too while Redis, which came back empty, does not know what waits in SQS.
 *
 * The horizon that comes with it holds for a minute: what lies behind a new one stays whole for that long.
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
