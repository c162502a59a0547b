import type { Executor } from "../../postgres/client.ts";

/** What the archive has, according to the database. */
export interface ArchiveStatus {
  /** Days of clients. */
  days: number;
  events: number;
  files: number;
  bytes: number;
  /** When a manifest was written last, RFC 3339; null before the first. */
  newest: string | null;
  /** Erasures that have searched the events, and not the archive. */
  erasures: number;
}

export async function readStatus(sql: Executor): Promise<ArchiveStatus> {
  const [row] = await sql<[ArchiveStatus]>`
    SELECT (SELECT count(*)::float8 FROM archive_days) AS days,
           (SELECT coalesce(sum(rows), 0)::float8 FROM archive_days) AS events,
           (SELECT count(*)::float8 FROM archive_files) AS files,
           (SELECT coalesce(sum(bytes), 0)::float8 FROM archive_files) AS bytes,
           (SELECT to_char(max(archived_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM archive_days) AS newest,
           (SELECT count(*)::int FROM erasures e
             WHERE completed_at IS NULL AND events_to = 'infinity' AND archive_to IS DISTINCT FROM 'infinity'
               AND EXISTS (SELECT FROM archive_days d WHERE d.client_id = e.client_id)) AS erasures`;
  return row;
}
