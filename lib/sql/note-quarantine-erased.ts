import type { Transaction } from "./client.ts";

/**
 * Notes how far an erasure has come in quarantine.
 * @param after key of the last event that was looked at; null when there are no more
 */
export async function noteQuarantineErased(
  tx: Transaction,
  erasureId: string,
  { after, erased }: { after: string | null; erased: number },
): Promise<void> {
  await tx`
    UPDATE erasures SET quarantine_began_at = coalesce(quarantine_began_at, clock_timestamp()),
                        quarantine_after = coalesce(${after}::uuid, quarantine_after),
                        quarantine_ended_at = CASE WHEN ${after}::uuid IS NULL THEN clock_timestamp() END,
                        quarantined_erased = quarantined_erased + ${erased}
     WHERE erasure_id = ${erasureId}`;
}
