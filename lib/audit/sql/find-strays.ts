import type { Executor } from "../../postgres/client.ts";

/** A row that has no place in the audit trail. */
export interface Stray {
  found: "lane" | "checkpoint" | "seal" | "entry" | "personal";
  lane: number | null;
  /** For a checkpoint, its number. */
  seal: number;
  leaf: number | null;
  request_id: string | null;
}

/**
 * Finds lanes whose head is not their last seal; seals, entries and personal rows beyond the end of their lane, before its
 * beginning, or in no lane; and checkpoints with invalid numbers. It uses one snapshot, so that workers can keep writing.
 * It returns at most one row for each kind and lane, since only the first fault counts.
 */
export async function findStrays(sql: Executor): Promise<Stray[]> {
  return sql<Stray[]>`
    WITH lanes AS (
      SELECT lane, seals, entries, head, lag(lane) OVER (ORDER BY lane) AS before, lead(lane) OVER (ORDER BY lane) AS after
        FROM audit_lanes
    ), gaps (lane_from, lane_to, seal_from, seal_to) AS (
      SELECT lane, lane, seals + 1, 9223372036854775807 FROM lanes
      UNION ALL SELECT lane, lane, -9223372036854775808, 0 FROM lanes
      UNION ALL SELECT coalesce(before + 1, -32768), lane - 1, -9223372036854775808, 9223372036854775807 FROM lanes
      UNION ALL SELECT lane + 1, 32767, -9223372036854775808, 9223372036854775807 FROM lanes WHERE after IS NULL
      UNION ALL SELECT -32768, 32767, -9223372036854775808, 9223372036854775807
                 WHERE NOT EXISTS (SELECT FROM audit_lanes)
    )
    SELECT found, lane, seal::float8 AS seal, leaf, request_id FROM (
      SELECT 'lane' AS found, l.lane, l.seals AS seal, NULL::int AS leaf, NULL::uuid AS request_id
        FROM lanes l LEFT JOIN audit_seals s ON s.lane = l.lane AND s.seal = l.seals
       WHERE (l.seals, l.entries, l.head) IS DISTINCT FROM
             (CASE WHEN l.seals = 0 THEN 0 ELSE s.seal END, CASE WHEN l.seals = 0 THEN 0 ELSE s.total END,
              CASE WHEN l.seals = 0 THEN decode(repeat('00', 32), 'hex') ELSE s.hash END)
      UNION ALL SELECT 'checkpoint', NULL, min(checkpoint), NULL, NULL FROM audit_checkpoints
                 WHERE checkpoint < 1 HAVING count(*) > 0
      UNION ALL SELECT 'seal', s.lane, s.seal, NULL, NULL FROM gaps g CROSS JOIN LATERAL (
          SELECT lane, seal FROM audit_seals
           WHERE lane BETWEEN lane_from AND lane_to AND seal BETWEEN seal_from AND seal_to LIMIT 1) s
      UNION ALL SELECT 'entry', a.lane, a.seal, a.leaf, a.request_id FROM gaps g CROSS JOIN LATERAL (
          SELECT lane, seal, leaf, request_id FROM audit_log
           WHERE lane BETWEEN lane_from AND lane_to AND seal BETWEEN seal_from AND seal_to LIMIT 1) a
      UNION ALL SELECT 'personal', p.lane, p.seal, p.leaf, NULL FROM gaps g CROSS JOIN LATERAL (
          SELECT lane, seal, leaf FROM audit_personal
           WHERE lane BETWEEN lane_from AND lane_to AND seal BETWEEN seal_from AND seal_to LIMIT 1) p) AS strays
     ORDER BY array_position(ARRAY['checkpoint', 'lane', 'seal', 'entry', 'personal'], found), lane, seal`;
}
