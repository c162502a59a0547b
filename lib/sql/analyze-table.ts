import type { Transaction } from "./client.ts";

/** Makes the planner's statistics anew, unless somebody else is at it. */
export async function analyzeTable(tx: Transaction, name: string): Promise<void> {
  await tx`ANALYZE (SKIP_LOCKED) ${tx(name)}`;
}
