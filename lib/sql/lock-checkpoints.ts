import type { Transaction } from "./client.ts";

/** "chec" in ASCII: any constant that nothing else locks with. */
const ADVISORY_LOCK = 0x63686563;

/** Until the transaction ends nobody else makes a checkpoint. @returns false where somebody does so now */
export async function lockCheckpoints(tx: Transaction): Promise<boolean> {
  const [row] = await tx<[{ locked: boolean }]>`SELECT pg_try_advisory_xact_lock(${ADVISORY_LOCK}) AS locked`;
  return row.locked;
}
