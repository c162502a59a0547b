/** The final content of the database, read without the functions. */
import type { Deps } from "../lib/app/connect.ts";

export interface StoredEvent {
  clientId: string;
  id: string;
  /** As returned by `contentOf`. */
  content: string;
  /** In milliseconds since the Unix epoch. */
  processedAt: number;
}

/** Rows of one client, counted in every possible way. */
export interface Totals {
  clientId: string;
  rows: number;
  ledger: number;
  grain1: number;
  grain15: number;
  grain60: number;
  grain1440: number;
  quarantine: number;
  /** Totals kept by the worker. */
  stored: number;
  duplicates: number;
  quarantined: number;
  /** Summed over the receipts. */
  receiptsAccepted: number;
  receiptsStored: number;
  receiptsDuplicates: number;
  receiptsQuarantined: number;
}

export interface AuditRows {
  /** By request id: status and number of rows. */
  rows: Map<string, { status: number; count: number }>;
  /** Request ids that are reported as logged only, and have no entry. */
  missing: Set<string>;
}

export interface Truth {
  events: StoredEvent[];
  /** Why PostgreSQL refused each quarantined event, by `client id`, a space, `event id`. */
  quarantined: Map<string, string>;
  totals: Totals[];
}

const PAGE = 5_000;

export async function readTruth({ sql }: Pick<Deps, "sql">): Promise<Truth> {
  const events: StoredEvent[] = [];
  const rows = sql<{ client_id: string; id: string; content: string; at: number }[]>`
    SELECT client_id, event_id AS id, extract(epoch FROM processed_at)::float8 * 1000 AS at,
           event_type || E'\n' || to_char(event_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || E'\n' || payload::text
             AS content
      FROM events`;
  for await (const page of rows.cursor(PAGE))
    for (const { client_id: clientId, id, content, at: processedAt } of page)
      events.push({ clientId, id, content, processedAt });
  return { events, quarantined: await readQuarantined(sql), totals: await readTotals(sql) };
}

async function readQuarantined(sql: Deps["sql"]): Promise<Map<string, string>> {
  const rows = await sql<{ client_id: string; event: Buffer; why: string }[]>`
    SELECT client_id, event, reason || ' ' || detail AS why FROM quarantine`;
  return new Map(
    rows.map(({ client_id, event, why }) => {
      const [id] = JSON.parse(event.toString().split("\t")[0] ?? "[]") as string[];
      return [`${client_id} ${id}`, why];
    }),
  );
}

async function readTotals(sql: Deps["sql"]): Promise<Totals[]> {
  const rows = await sql<Record<string, string | number>[]>`
    SELECT c.client_id AS "clientId",
           (SELECT count(*)::int FROM events e WHERE e.client_id = c.client_id) AS rows,
           (SELECT count(*)::int FROM event_ledger l WHERE l.client_id = c.client_id) AS ledger,
           (SELECT count(*)::int FROM quarantine q WHERE q.client_id = c.client_id) AS quarantine,
           r.*, t.*, p.*
      FROM clients c,
           LATERAL (SELECT coalesce(sum(count) FILTER (WHERE grain IN (0, 1)), 0)::int AS grain1,
                           coalesce(sum(count) FILTER (WHERE grain IN (0, 15)), 0)::int AS grain15,
                           coalesce(sum(count) FILTER (WHERE grain IN (0, 60)), 0)::int AS grain60,
                           coalesce(sum(count) FILTER (WHERE grain IN (0, 1440)), 0)::int AS grain1440
                      FROM (SELECT CASE WHEN grain = 15 AND bucket < before THEN 0 WHEN bucket >= before THEN grain END AS grain, count
                              FROM rollups, packing WHERE client_id = c.client_id
                            UNION ALL
                            SELECT 0, count FROM packed_days WHERE client_id = c.client_id) AS counted) AS r,
           LATERAL (SELECT coalesce(sum(stored), 0)::int AS stored, coalesce(sum(duplicates), 0)::int AS duplicates,
                           coalesce(sum(quarantined), 0)::int AS quarantined
                      FROM pipeline_totals WHERE client_id = c.client_id) AS t,
           LATERAL (SELECT coalesce(sum(accepted), 0)::int AS "receiptsAccepted",
                           coalesce(sum(stored), 0)::int AS "receiptsStored",
                           coalesce(sum(duplicates), 0)::int AS "receiptsDuplicates",
                           coalesce(sum(quarantined), 0)::int AS "receiptsQuarantined"
                      FROM receipts WHERE client_id = c.client_id) AS p
     WHERE c.client_id LIKE 'chaos-%' ORDER BY c.client_id`;
  return rows.map((row) => ({ ...row }) as unknown as Totals);
}

export async function readAudit({ sql }: Pick<Deps, "sql">): Promise<AuditRows> {
  const [rows, missing] = await Promise.all([
    sql<{ request_id: string; status: number; count: number }[]>`
      SELECT request_id, min(status)::int AS status, count(*)::int AS count FROM audit_log GROUP BY request_id`,
    sql<{ request_id: string }[]>`
      SELECT request_id FROM audit_unqueued u
       WHERE NOT recovered AND NOT EXISTS (SELECT FROM audit_log a WHERE a.request_id = u.request_id)`,
  ]);
  return {
    rows: new Map(rows.map(({ request_id, status, count }) => [request_id, { status, count }])),
    missing: new Set(missing.map(({ request_id }) => request_id)),
  };
}
