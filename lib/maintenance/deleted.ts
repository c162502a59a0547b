/** What a run of the maintenance deletes, step by step. */
import type { Transaction } from "../postgres/client.ts";
import { type Steps, step } from "../postgres/lock-retry.ts";

/** Maximum rows that one transaction deletes. */
export const STEP_ROWS = 10_000;

/** What a run deleted: rows by kind, and names of partitions. */
export interface Deleted {
  partitions: string[];
  ledger: number;
  late_events: number;
  feed: number;
  rollups: number;
  meter_rollups: number;
  receipts: number;
  quarantine: number;
  health_checks: number;
  audit: number;
}

export const nothingDeleted = (): Deleted => ({
  partitions: [],
  ledger: 0,
  late_events: 0,
  feed: 0,
  rollups: 0,
  meter_rollups: 0,
  receipts: 0,
  quarantine: 0,
  health_checks: 0,
  audit: 0,
});

/** Repeats a step until it deletes fewer than `STEP_ROWS` rows. */
export async function repeat(
  steps: Steps,
  name: string,
  prune: (tx: Transaction) => Promise<number>,
  count: (rows: number) => void,
): Promise<void> {
  for (let rows = STEP_ROWS; rows >= STEP_ROWS; ) {
    rows = await step(steps, `delete ${name}`, prune);
    count(rows);
  }
}
