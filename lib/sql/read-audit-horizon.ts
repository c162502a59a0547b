import type { Executor } from "./client.ts";

export interface AuditHorizon {
  /** The first day whose audit entries are kept, such as `2026-03-01`. */
  day: string;
  /** That day as the last checkpoint has it; undefined before there is one, null where it knows of none. */
  signedDay: string | null | undefined;
}

export async function readAuditHorizon(sql: Executor): Promise<AuditHorizon> {
  const [row] = await sql<[{ day: string; signed: boolean; signed_day: string | null }]>`
    SELECT audit_horizon::text AS day, c.document IS NOT NULL AS signed, c.document::json ->> 'expired_before' AS signed_day
      FROM retention
           LEFT JOIN LATERAL (SELECT document FROM audit_checkpoints ORDER BY checkpoint DESC LIMIT 1) c ON true`;
  return { day: row.day, signedDay: row.signed ? row.signed_day : undefined };
}
