/**
 * Deletes expired data. The horizon hides it first; then short transactions delete it, each of which leaves a consistent
 * state: a killed run loses nothing, and the next one continues.
 */

import { GRAINS } from "../analytics/range.ts";
import type { ClientDay } from "../archive/sql/days.ts";
import { firstWaiting, firstWaitingOf } from "../archive/waiting.ts";
import type { Config } from "../config/config.ts";
import { prunePackedMeterDays } from "../meters/sql/pack-meters.ts";
import { forgetMeters, METER_GRAINS, pruneMeterRollups } from "../meters/sql/prune-meters.ts";
import { type Steps, step } from "../postgres/lock-retry.ts";
import { oldestKept, type PartitionSettings, partitionEnd, partitionStart } from "../storage/partitions.ts";
import { readHorizon } from "../storage/sql/horizon.ts";
import { listPartitions } from "../storage/sql/partitions.ts";
import { type Deleted, repeat, STEP_ROWS } from "./deleted.ts";
import { deleteAudit, deleteRecords } from "./records.ts";
import {
  detachPartition,
  dropTable,
  type ExpiredPartition,
  forgetPartition,
  lockExpired,
  releaseIds,
} from "./sql/expired-partitions.ts";
import { moveAuditHorizon, moveHorizon } from "./sql/horizon.ts";
import { prunePackedDays } from "./sql/pack-days.ts";
import { pruneFeed, pruneLateEvents, pruneRollups } from "./sql/prune.ts";

/** Blocks of 8 KiB that hold about the same number of the smallest events. */
const STEP_BLOCKS = 128;
/**
 * A query reads the horizon first, and no function that runs one takes longer than half of this. The rows that it began
 * to count stay complete for this time.
 */
export const GRACE_MS = 60_000;

type RetentionSettings = PartitionSettings & Pick<Config, "archive">;

/**
 * Hides the weeks that are entirely before the retention, and sets which days of the audit log expire. With an archive, a week
 * that it does not have entirely stays.
 * @param now milliseconds since the Unix epoch
 * @returns the horizon of events, RFC 3339, and the first day that should be hidden but is not archived
 */
export async function hideExpired(
  steps: Steps,
  settings: RetentionSettings,
  now: number,
): Promise<{ horizon: string; waits: ClientDay | undefined }> {
  const expired = oldestKept("events", settings, now);
  const waits = await step(steps, "move the horizon", async (tx) => {
    const first = settings.archive && (await firstWaiting(tx, new Date(expired).toISOString()));
    const { horizon } = await readHorizon(tx);
    const archived = first && Math.max(partitionStart("events", Date.parse(first.day)), horizon.ms);
    await moveHorizon(tx, new Date(Math.min(expired, archived ?? expired)).toISOString());
    return first;
  });
  const auditDay = new Date(oldestKept("audit_log", settings, now)).toISOString().slice(0, 10);
  await step(steps, "move the audit log's horizon", (tx) => moveAuditHorizon(tx, auditDay));
  return { horizon: (await readHorizon(steps.sql)).horizon.text, waits };
}

/**
 * Deletes data before the horizon, once the horizon is `graceMs` old, and records of the same age.
 * @param deleted counts up during the work, so that it is also correct if the time runs out
 */
export async function deleteExpired(
  steps: Steps,
  settings: RetentionSettings,
  { now, graceMs, deleted }: { now: number; graceMs: number; deleted: Deleted },
): Promise<void> {
  const { horizon, movedMsAgo } = await readHorizon(steps.sql);
  const isDetached = movedMsAgo >= graceMs && (await detachHidden(steps, settings, horizon));
  if (isDetached) await deleteHidden(steps, horizon, deleted);
  // Like rollups, those of meters stay as long as the events.
  await deleteMeters(steps, isDetached ? horizon.text : "-infinity", graceMs, deleted);
  await deleteRecords(steps, settings, now, deleted);
  await deleteAudit(steps, deleted);
}

/** An event was stored after its week was archived and hidden. */
class NotArchivedError extends Error {
  override name = "NotArchivedError";
}

/**
 * Detaches the weeks before the horizon. The archive is compared after the detachment, when nobody writes to the week any
 * more, and before its commit.
 * @returns false if the archive does not have a week entirely; then its rollups must stay, too
 */
async function detachHidden(
  steps: Steps,
  { archive }: RetentionSettings,
  horizon: { ms: number },
): Promise<boolean> {
  for (const name of [...(await listPartitions(steps.sql))].sort()) {
    if ((partitionEnd("events", name) ?? Number.POSITIVE_INFINITY) > horizon.ms) continue;
    const detach = step(steps, "detach a partition", async (tx) => {
      await detachPartition(tx, name);
      if (archive !== undefined && (await firstWaitingOf(tx, name)) !== undefined)
        throw new NotArchivedError(name);
    });
    try {
      await detach;
    } catch (error) {
      if (error instanceof NotArchivedError) return false;
      throw error;
    }
  }
  return true;
}

async function deleteHidden(
  steps: Steps,
  horizon: { ms: number; text: string },
  deleted: Deleted,
): Promise<void> {
  while (await deleteDetached(steps, deleted));
  // Events that arrived later: their week has no partition any more.
  await repeat(
    steps,
    "late events",
    (tx) => pruneLateEvents(tx, horizon.text, STEP_ROWS),
    (rows) => {
      deleted.late_events += rows;
    },
  );
  await repeat(
    steps,
    "the feed",
    (tx) => pruneFeed(tx, horizon.text, STEP_ROWS),
    (rows) => {
      deleted.feed += rows;
    },
  );
  const count = (rows: number): void => {
    deleted.rollups += rows;
  };
  for (const grain of GRAINS)
    await repeat(steps, "rollups", (tx) => pruneRollups(tx, grain, horizon.text, STEP_ROWS), count);
  await repeat(steps, "packed days", (tx) => prunePackedDays(tx, horizon.text, STEP_ROWS), count);
}

/** Deletes rollups of meters before the horizon, those of deleted meters, and then these. */
async function deleteMeters(steps: Steps, horizon: string, graceMs: number, deleted: Deleted): Promise<void> {
  const what = { horizon, graceMs };
  const count = (rows: number): void => {
    deleted.meter_rollups += rows;
  };
  for (const grain of METER_GRAINS)
    await repeat(steps, "rollups of meters", (tx) => pruneMeterRollups(tx, grain, what, STEP_ROWS), count);
  await repeat(steps, "packed days of meters", (tx) => prunePackedMeterDays(tx, what, STEP_ROWS), count);
  await step(steps, "forget deleted meters", (tx) => forgetMeters(tx));
}

/** Deletes the ledger rows of a detached partition's next blocks, or, after the last block, drops the table. */
async function deleteDetached(steps: Steps, deleted: Deleted): Promise<boolean> {
  const done = await step(steps, "remove an expired partition", async (tx) => {
    const partition = await lockExpired(tx);
    if (partition === undefined) return undefined;
    const { name, next_block: next, blocks }: ExpiredPartition = partition;
    if (next < blocks) return { ids: await releaseIds(tx, partition, STEP_BLOCKS) };
    await dropTable(tx, name);
    await forgetPartition(tx, name);
    return { ids: 0, dropped: name };
  });
  if (done === undefined) return false;
  deleted.ledger += done.ids;
  if (done.dropped !== undefined) deleted.partitions.push(done.dropped);
  return true;
}
