/** Which days are not in the archive, or not entirely. Retention waits for them. */
import type { Executor } from "../postgres/client.ts";
import { partitionEnd, partitionStart } from "../storage/partitions.ts";
import { readHorizon } from "../storage/sql/horizon.ts";
import { listPartitions } from "../storage/sql/partitions.ts";
import { type ClientDay, listUnarchived, type Range } from "./sql/days.ts";

/**
 * The ranges of time whose events can all be read: from the horizon on, and the weeks before it that still have their
 * partition. Of a week without one, only what arrived too late may be left.
 * @param end RFC 3339, 00:00 UTC
 */
async function readableRanges(sql: Executor, end: string): Promise<Range[]> {
  const { horizon } = await readHorizon(sql);
  const ranges = [{ from: horizon.text, to: end }];
  for (const name of await listPartitions(sql)) {
    const beyond = partitionEnd("events", name);
    if (beyond === undefined || beyond > horizon.ms) continue;
    const [from, to] = [partitionStart("events", beyond - 1), beyond].map((ms) => new Date(ms).toISOString());
    ranges.push({ from: from ?? "", to: to ?? "" });
  }
  return ranges.filter(({ from, to }) => from < to);
}

/**
 * Days that are to be archived, the oldest first.
 * @param end only days before this, RFC 3339, 00:00 UTC
 */
export const listWaiting = async (sql: Executor, end: string, limit: number): Promise<ClientDay[]> =>
  listUnarchived(sql, await readableRanges(sql, end), limit);

/** The first day before `end` that is to be archived; undefined if there is no such day. @param end as for `listWaiting` */
export const firstWaiting = async (sql: Executor, end: string): Promise<ClientDay | undefined> =>
  (await listWaiting(sql, end, 1))[0];

/** The same within a partition of `events`. */
export const firstWaitingOf = async (sql: Executor, partition: string): Promise<ClientDay | undefined> => {
  const beyond = partitionEnd("events", partition) ?? 0;
  const from = new Date(partitionStart("events", beyond - 1)).toISOString();
  return (await listUnarchived(sql, [{ from, to: new Date(beyond).toISOString() }], 1))[0];
};
