/** Refreshes the planner's statistics of changed tables. */

import { type Steps, step } from "../postgres/lock-retry.ts";
import { analyzeParent, analyzeTable, listStaleParents, listStaleTables } from "./sql/statistics.ts";

/**
 * Analyzes tables with more than a tenth of their rows changed, then partitioned tables, which autovacuum skips: PostgreSQL
 * plans queries over all partitions with their statistics.
 * @param analyzed receives the names, so that they are also known if the time runs out
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
