/** How far behind what was sent an answer about stored events may be. */
import type { Deps } from "./deps.ts";
import { readClock } from "./sql/read-clock.ts";

export interface Freshness {
  /** Every event that the queue took before this time, by the database's clock, is stored. Null: not known. */
  as_of: string | null;
  /** Age of the oldest message that waits; 0 when none does. */
  lag_ms: number | null;
}

/**
 * To be asked before the question itself: what is stored by now is certainly in an answer read later, and the clock is
 * read first, since an event may arrive while the queue answers. When the queue is out of reach both are null, and the
 * answer goes out all the same.
 */
export async function readFreshness({ sql, queue }: Pick<Deps, "sql" | "queue">): Promise<Freshness> {
  const nowMs = await readClock(sql);
  const depth = await queue.depth().catch(() => undefined);
  if (!depth) return { as_of: null, lag_ms: null };
  const lagMs = Math.ceil(depth.oldestAgeMs);
  return { as_of: new Date(nowMs - lagMs).toISOString(), lag_ms: lagMs };
}
