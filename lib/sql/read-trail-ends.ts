import type { LaneHead } from "../trail/checkpoint.ts";
import type { Executor } from "./client.ts";

/** How far the audit trail has come at one moment. */
export interface TrailEnds {
  /** In order of their numbers. */
  lanes: (LaneHead & {
    /** Number of its last seal that is really there. */
    last: number;
  })[];
  /** Number of the newest checkpoint; 0 for none. */
  checkpoints: number;
  /** The first day whose entries are kept; null while none has expired. */
  expired_before: string | null;
  /** The server's time: UTC text with six fractional digits. */
  now: string;
}

export async function readTrailEnds(sql: Executor): Promise<TrailEnds> {
  const [ends] = await sql<TrailEnds[]>`
    SELECT (SELECT coalesce(json_agg(json_build_object('lane', lane, 'seals', seals, 'entries', entries,
                                                       'head', encode(head, 'hex'), 'last',
                     coalesce((SELECT max(seal) FROM audit_seals s WHERE s.lane = l.lane), 0)) ORDER BY lane), '[]')
              FROM audit_lanes l) AS lanes,
           (SELECT coalesce(max(checkpoint), 0)::float8 FROM audit_checkpoints) AS checkpoints,
           (SELECT to_char(nullif(audit_horizon, '0001-01-01'), 'YYYY-MM-DD') FROM retention) AS expired_before,
           to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now`;
  if (!ends) throw new Error("The audit trail can't be read.");
  return ends;
}
