/** Deletes records beside the events: receipts, quarantine, queries, health checks, and days of the audit log. */
import { forgetFound } from "../audit/record/gaps.ts";
import { firstIdAt } from "../base/ids.ts";
import { DAY_MS } from "../base/time.ts";
import { forgetErasedValues } from "../erasure/sql/forget-erased-values.ts";
import { type Steps, step } from "../postgres/lock-retry.ts";
import { KEPT_MS } from "../queries/question.ts";
import { pruneQueries } from "../queries/sql/claims.ts";
import { AUDIT_PARENTS, oldestKept, type PartitionSettings, partitionEnd } from "../storage/partitions.ts";
import { readAuditHorizon } from "../storage/sql/horizon.ts";
import { listPartitions } from "../storage/sql/partitions.ts";
import { type Deleted, repeat, STEP_ROWS } from "./deleted.ts";
import { dropTable } from "./sql/expired-partitions.ts";
import { pruneHealth, pruneLateAudit, pruneQuarantine, pruneReceipts, pruneUnqueued } from "./sql/prune.ts";

/**
 * A receipt also distinguishes a redelivered message from a new one. SQS keeps messages for at most 14 days.
 */
const LEAST_RECEIPT_DAYS = 30;

/** Deletes what is older than the retention, and queries that nobody needs any more. */
export async function deleteRecords(
  steps: Steps,
  settings: PartitionSettings,
  now: number,
  deleted: Deleted,
): Promise<void> {
  const { retentionDays } = settings;
  const cut = new Date(now - retentionDays * DAY_MS).toISOString();
  const receiptsMs = now - Math.max(retentionDays, LEAST_RECEIPT_DAYS) * DAY_MS;
  const receiptsCut = new Date(receiptsMs).toISOString();
  const firstId = firstIdAt(receiptsMs);
  await repeat(
    steps,
    "receipts",
    (tx) => pruneReceipts(tx, firstId, receiptsCut, STEP_ROWS),
    (rows) => {
      deleted.receipts += rows;
    },
  );
  await repeat(
    steps,
    "quarantine",
    (tx) => pruneQuarantine(tx, cut, STEP_ROWS),
    (rows) => {
      deleted.quarantine += rows;
    },
  );
  const queriesCut = new Date(now - KEPT_MS).toISOString();
  await repeat(
    steps,
    "queries",
    (tx) => pruneQueries(tx, queriesCut, STEP_ROWS),
    () => {},
  );
  await repeat(
    steps,
    "health checks",
    (tx) => pruneHealth(tx, cut, STEP_ROWS),
    (rows) => {
      deleted.health_checks += rows;
    },
  );
  await repeat(
    steps,
    "hashes of erased values",
    (tx) => forgetErasedValues(tx, STEP_ROWS),
    () => {},
  );
  const firstCall = firstIdAt(oldestKept("audit_log", settings, now));
  await repeat(
    steps,
    "names of audit rows",
    (tx) => pruneUnqueued(tx, firstCall, STEP_ROWS),
    () => {},
  );
  await forgetFound(steps);
}

/**
 * Drops the days before the audit horizon, with rows that arrived late for them. Their seals stay. If there are
 * checkpoints, one must contain the horizon first: its signature proves that a missing entry expired and was not removed.
 */
export async function deleteAudit(steps: Steps, deleted: Deleted): Promise<void> {
  const { day, signedDay = day } = await readAuditHorizon(steps.sql);
  const first = [day, signedDay ?? ""].sort()[0];
  if (!first) return;
  const cut = `${first}T00:00:00.000Z`;
  const names = [...(await listPartitions(steps.sql))].sort();
  for (const parent of AUDIT_PARENTS) {
    for (const name of names) {
      if ((partitionEnd(parent, name) ?? Number.POSITIVE_INFINITY) > Date.parse(cut)) continue;
      await step(steps, `drop a day of ${parent}`, (tx) => dropTable(tx, name));
      deleted.partitions.push(name);
    }
    await repeat(
      steps,
      "late audit rows",
      (tx) => pruneLateAudit(tx, parent, cut, STEP_ROWS),
      (rows) => {
        if (parent === "audit_log") deleted.audit += rows;
      },
    );
  }
}
