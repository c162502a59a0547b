import type { Transaction } from "./client.ts";

/**
 * Notes which audit rows are, or were, in a log only. Saying the same again changes nothing.
 * @param recovered whether each has been read back in, by request id; in order of the ids, so that two that write the same
 * ones don't wait for each other in a ring
 */
export async function noteUnqueued(tx: Transaction, recovered: ReadonlyMap<string, boolean>): Promise<void> {
  await tx`
    INSERT INTO audit_unqueued AS known (request_id, recovered)
    SELECT * FROM unnest(${[...recovered.keys()]}::uuid[], ${[...recovered.values()].map(String)}::text[]::bool[])
    ON CONFLICT (request_id) DO UPDATE SET recovered = true
     WHERE excluded.recovered AND NOT known.recovered`;
}
