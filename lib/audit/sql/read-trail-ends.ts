import type { Executor } from "../../postgres/client.ts";
import { utcNow } from "../../postgres/fragments.ts";
import type { LaneHead } from "../../trail/checkpoint.ts";
import { NO_SEAL } from "../../trail/seal.ts";

/** The ends of the audit trail at one moment. */
export interface TrailEnds {
  /** In order of number. */
  lanes: (LaneHead & {
    /** Number of its last seal that actually exists. */
    last: number;
    /** Whether that seal agrees with the lane's head. */
    agrees: boolean;
  })[];
  /** Number of the newest checkpoint; 0 without one. */
  checkpoints: number;
  /** The first day whose entries are kept; null while none has expired. */
  expired_before: string | null;
  /** The server's time: UTC text with six fractional digits. */
  now: string;
}

/** One statement, so one snapshot. */
export async function readTrailEnds(sql: Executor): Promise<TrailEnds> {
  const [ends] = await sql<TrailEnds[]>`
    SELECT (SELECT coalesce(json_agg(json_build_object(
                     'lane', l.lane, 'seals', l.seals, 'entries', l.entries, 'head', encode(l.head, 'hex'),
                     'last', coalesce(s.seal, 0),
                     'agrees', l.seals = coalesce(s.seal, 0) AND l.entries = coalesce(s.total, 0)
                               AND l.head = coalesce(s.hash, decode(${NO_SEAL}, 'hex'))) ORDER BY l.lane), '[]')
              FROM audit_lanes l
                   LEFT JOIN LATERAL (
                     SELECT seal, total, hash FROM audit_seals WHERE lane = l.lane ORDER BY seal DESC LIMIT 1) s ON true) AS lanes,
           (SELECT coalesce(max(checkpoint), 0)::float8 FROM audit_checkpoints) AS checkpoints,
           (SELECT to_char(nullif(audit_horizon, '0001-01-01'), 'YYYY-MM-DD') FROM retention) AS expired_before,
           ${utcNow(sql)} AS now`;
  if (!ends) throw new Error("The audit trail can't be read.");
  return ends;
}
