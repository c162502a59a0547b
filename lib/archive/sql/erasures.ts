import type { Executor, Transaction } from "../../postgres/client.ts";
import { utc } from "../../postgres/fragments.ts";

/** An erasure whose events are erased, and whose archive is not searched to its end. */
export interface ArchiveErasure {
  erasure_id: string;
  client_id: string;
  property: string;
  /** JSON text. */
  value: string;
  /** UTC text. */
  requested_at: string;
  /** The last archived day that was searched; null to begin. */
  archive_to: string | null;
}

/** By client. Only of clients with archived days: the others' complete without this. */
export async function listArchiveErasures(sql: Executor): Promise<ArchiveErasure[]> {
  return sql<ArchiveErasure[]>`
    SELECT erasure_id, client_id, property, value::text AS value, ${utc(sql, "requested_at")} AS requested_at,
           archive_to::text AS archive_to
      FROM erasures e
     WHERE completed_at IS NULL AND events_to = 'infinity' AND e.archive_to IS DISTINCT FROM 'infinity'
       AND EXISTS (SELECT FROM archive_days d WHERE d.client_id = e.client_id)
     ORDER BY e.client_id, e.requested_at`;
}

/** Records that erasures have searched the archive up to a day. @param day or `infinity` at the end */
export async function noteArchiveSearched(
  tx: Transaction,
  ids: readonly string[],
  day: string,
): Promise<void> {
  await tx`
    UPDATE erasures SET archive_to = ${day}::text::date
     WHERE erasure_id = ANY (${[...ids]}::uuid[]) AND completed_at IS NULL`;
}
