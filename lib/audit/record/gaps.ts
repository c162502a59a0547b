/**
 * Which audit rows are in a log only. An instance logs a row when it does not learn that the queue took it; the queue may
 * have taken it all the same, and then its entry appears. So what is missing is looked up in the audit log and not counted
 * from reports.
 */
import { firstIdAt, timeOfId } from "../../base/ids.ts";
import type { Executor } from "../../postgres/client.ts";
import { type Steps, step } from "../../postgres/lock-retry.ts";
import { deleteUnqueued } from "../sql/delete-unqueued.ts";
import { type EntryKey, findEntries } from "../sql/find-entries.ts";
import { listUnqueued } from "../sql/list-unqueued.ts";
import { countUnqueued, type UnqueuedCount } from "../sql/unqueued.ts";

/** Names that are looked up at a time. */
const MOST_LOOKED_UP = 10_000;

/** A request's id begins with the time at which it was received, and that is the time of its entry. */
const keyOf = (id: string): EntryKey => ({ id, at: new Date(timeOfId(id)).toISOString() });

/**
 * Rows that went to a log, less those that are in the audit log without having been read back in. Of more than 10,000
 * that are open the oldest are looked up; the others count as missing until maintenance has looked.
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

/** Forgets the names of rows that are in the audit log without having been read back in: they were no gaps. */
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
