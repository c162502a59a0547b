import type { LaneHead } from "../trail/checkpoint.ts";
import type { Executor } from "./client.ts";

/** Lanes whose seal of that number is not there, or has another hash. @param heads of lanes that have a seal */
export async function findMissingHeads(sql: Executor, heads: readonly LaneHead[]): Promise<number[]> {
  const rows = await sql<{ lane: number }[]>`
    SELECT g.lane
      FROM unnest(${heads.map(({ lane }) => lane)}::smallint[], ${heads.map(({ seals }) => seals)}::bigint[],
                  ${heads.map(({ head }) => head)}::text[]) AS g(lane, seal, head)
           LEFT JOIN audit_seals s ON s.lane = g.lane AND s.seal = g.seal
     WHERE encode(s.hash, 'hex') IS DISTINCT FROM g.head
     ORDER BY g.lane`;
  return rows.map(({ lane }) => lane);
}
