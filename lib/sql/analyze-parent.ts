import type { Transaction } from "./client.ts";

/** PostgreSQL from which on a partitioned table can be analyzed without its partitions, which have been already. */
const KNOWS_ONLY = 180_000;

/** Makes the planner's statistics of a partitioned table anew, unless somebody else is at it. */
export async function analyzeParent(tx: Transaction, name: string): Promise<void> {
  const [row] = await tx<[{ version: number }]>`SELECT current_setting('server_version_num')::int AS version`;
  await (row.version < KNOWS_ONLY
    ? tx`ANALYZE (SKIP_LOCKED) ${tx(name)}`
    : tx`ANALYZE (SKIP_LOCKED) ONLY ${tx(name)}`);
}
