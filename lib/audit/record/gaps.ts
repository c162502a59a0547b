/**
 * Finds audit rows that are in a log only. An instance logs a row when the queue does not confirm it; the queue may have
 * accepted it nevertheless, and then its entry appears. So missing rows are looked up in the audit log, not counted from
 * reports.
 */
import { firstIdAt, timeOfId } from "../../base/ids.ts";
import type { Executor } from "../../postgres/client.ts";
import { type Steps, step } from "../../postgres/lock-retry.ts";
import { deleteUnqueued } from "../sql/delete-unqueued.ts";
import { type EntryKey, findEntries } from "../sql/find-entries.ts";
import { listUnqueued } from "../sql/list-unqueued.ts";
import { countUnqueued, type UnqueuedCount } from "../sql/unqueued.ts";

/** Ids that are looked up at a time. */
const MOST_LOOKED_UP = 10_000;

/** A request id begins with the time at which the request was received, which is the time of its entry. */
const keyOf = (id: string): EntryKey => ({ id, at: new Date(timeOfId(id)).toISOString() });

/**
 * Counts rows that went to a log, less those that are in the audit log without having been recovered. If more than 10,000
 * are open, only the oldest are looked up; the others count as missing until maintenance has looked them up.
 */
export async function auditGaps(sql: Executor): Promise<UnqueuedCount> {
  const counted = await countUnqueued(sql);
  if (counted.missing === 0) return counted;
  const open = await listUnqueued(sql, firstIdAt(0), MOST_LOOKED_UP);
  const found = open.length === 0 ? [] : await findEntries(sql, open.map(keyOf));
  return {
    ...counted,
    logged: counted.logged - found.length,
    missing: Math.max(0, counted.missing - found.length),
  };
}

/** Deletes the ids of rows that are in the audit log without having been recovered: they were never missing. */
export async function forgetFound(steps: Steps): Promise<void> {
  for (let after = firstIdAt(0); ; ) {
    const open = await listUnqueued(steps.sql, after, MOST_LOOKED_UP);
    const last = open.at(-1);
    if (last === undefined) return;
    const found = await findEntries(steps.sql, open.map(keyOf));
    if (found.length > 0) await step(steps, "forget found audit rows", (tx) => deleteUnqueued(tx, found));
    after = last;
  }
}
