import type { Executor } from "../../postgres/client.ts";
import { time } from "../../postgres/fragments.ts";
import { type TrailRow, trailColumns } from "./stream-trail.ts";

/** Finds one entry with its place and all its hashed content. */
export async function findTrailRow(
  sql: Executor,
  at: string,
  requestId: string,
): Promise<(Omit<TrailRow, "shown"> & { hash: string }) | undefined> {
  const [row] = await sql<(Omit<TrailRow, "shown"> & { hash: string })[]>`
    SELECT a.lane, a.seal::float8 AS seal, a.leaf, ${trailColumns(sql)}
      FROM audit_log a
           LEFT JOIN audit_personal p ON p.at = a.at AND p.lane = a.lane AND p.seal = a.seal AND p.leaf = a.leaf
     WHERE a.at = ${time(sql, at)} AND a.request_id = ${requestId}::uuid`;
  return row;
}
