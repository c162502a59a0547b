import type { Transaction } from "./client.ts";
import { utc } from "./fragments.ts";

/** An erasure that is not complete, and how far it has come. */
export interface OpenErasure {
  erasure_id: string;
  client_id: string;
  property: string;
  /** JSON text. */
  value: string;
  /** UTC text. */
  requested_at: string;
  /** Key of the last quarantined event that was looked at. */
  quarantine_after: string | null;
  quarantine_done: boolean;
  /** Events up to this time have been looked through: UTC text, or `infinity`. */
  events_to: string | null;
}

/** Locks an erasure until the transaction ends. @returns undefined where it is complete, or somebody else works on it */
export async function lockErasure(tx: Transaction, erasureId: string): Promise<OpenErasure | undefined> {
  const rows = await tx<OpenErasure[]>`
    SELECT erasure_id, client_id, property, value::text AS value,
           ${utc(tx, "requested_at")} AS requested_at, quarantine_after,
           quarantine_ended_at IS NOT NULL AS quarantine_done,
           CASE WHEN events_to = 'infinity' THEN 'infinity' ELSE ${utc(tx, "events_to")} END AS events_to
      FROM erasures
     WHERE erasure_id = ${erasureId} AND completed_at IS NULL
       FOR UPDATE SKIP LOCKED`;
  return rows[0];
}
