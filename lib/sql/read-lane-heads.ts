import type { LaneHead } from "../trail/checkpoint.ts";
import { NO_SEAL } from "../trail/seal.ts";
import type { Executor } from "./client.ts";

/** How far a lane says that it has come, and whether its newest seal says the same. */
export type CheckedHead = LaneHead & { agrees: boolean };

/** All lanes at one moment, in order of their numbers. One statement, so one snapshot. */
export async function readLaneHeads(sql: Executor): Promise<CheckedHead[]> {
  return sql<CheckedHead[]>`
    SELECT l.lane, l.seals::float8 AS seals, l.entries::float8 AS entries, encode(l.head, 'hex') AS head,
           l.seals = coalesce(s.seal, 0) AND l.entries = coalesce(s.total, 0)
             AND l.head = coalesce(s.hash, decode(${NO_SEAL}, 'hex')) AS agrees
      FROM audit_lanes l
           LEFT JOIN LATERAL (
             SELECT seal, total, hash FROM audit_seals WHERE lane = l.lane ORDER BY seal DESC LIMIT 1) s ON true
     ORDER BY l.lane`;
}
