/** The planner's statistics of what has changed. */

import { type Steps, step } from "../postgres/lock-retry.ts";
import { analyzeParent, analyzeTable, listStaleParents, listStaleTables } from "./sql/statistics.ts";

/**
 * Analyzes what a tenth of has changed, and after that the partitioned tables, which autovacuum leaves out: a question
 * over all partitions is planned from those.
 * @param analyzed takes the names, so that they are known also where the time is up
 */
export async function refreshStatistics(steps: Steps, analyzed: string[]): Promise<void> {
  for (const name of await listStaleTables(steps.sql)) {
    await step(steps, "analyze a table", (tx) => analyzeTable(tx, name));
    analyzed.push(name);
  }
  for (const name of await listStaleParents(steps.sql)) {
    await step(steps, "analyze a partitioned table", (tx) => analyzeParent(tx, name));
    analyzed.push(name);
  }
}
