import type { Transaction } from "./client.ts";
import { utc } from "./fragments.ts";

/** An erasure that is not complete, and how far it has come. */
export interface OpenErasure {
  erasure_id: string;
  client_id: string;
  property: string;
  /** JSON text. */
  value: string;
  /** Milliseconds since the Unix epoch, as are all times here but the last. */
  requested_ms: number;
  quarantine_began_ms: number | null;
  /** Key of the last quarantined event that was looked at. */
  quarantine_after: string | null;
  quarantine_ended_ms: number | null;
  /** Events up to this time have been looked through: UTC text, or `infinity`. */
  events_to: string | null;
}

/** Locks an erasure until the transaction ends. @returns undefined where it is complete, or somebody else works on it */
export async function lockErasure(tx: Transaction, erasureId: string): Promise<OpenErasure | undefined> {
  const rows = await tx<OpenErasure[]>`
    SELECT erasure_id, client_id, property, value::text AS value,
           (extract(epoch FROM requested_at) * 1000)::float8 AS requested_ms,
           (extract(epoch FROM quarantine_began_at) * 1000)::float8 AS quarantine_began_ms,
           quarantine_after,
           (extract(epoch FROM quarantine_ended_at) * 1000)::float8 AS quarantine_ended_ms,
           CASE WHEN events_to = 'infinity' THEN 'infinity' ELSE ${utc(tx, "events_to")} END AS events_to
      FROM erasures
     WHERE erasure_id = ${erasureId} AND completed_at IS NULL
       FOR UPDATE SKIP LOCKED`;
  return rows[0];
}
