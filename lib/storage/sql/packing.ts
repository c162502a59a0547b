import type { Executor } from "../../postgres/client.ts";
import { time } from "../../postgres/fragments.ts";

/** Times that divide packed days from open ones, in milliseconds since the Unix epoch, each 00:00 UTC or -Infinity: see migration 0020. */
export interface Packing {
  before: number;
  settled: number;
  /** How long ago `before` was moved. */
  movedMsAgo: number;
}

export async function readPacking(sql: Executor): Promise<Packing> {
  const [row] = await sql<[Packing]>`
    SELECT extract(epoch FROM before)::float8 * 1000 AS before, extract(epoch FROM settled)::float8 * 1000 AS settled,
           (extract(epoch FROM clock_timestamp() - moved_at) * 1000)::float8 AS "movedMsAgo"
      FROM packing`;
  return row;
}

/** Moves `before`, never back. @param to milliseconds since the Unix epoch, at 00:00 UTC */
export async function movePackedBefore(sql: Executor, to: number): Promise<void> {
  const at = time(sql, new Date(to).toISOString());
  await sql`UPDATE packing SET before = ${at}, moved_at = clock_timestamp() WHERE before < ${at}`;
}

/** Makes `settled` equal to a value that `before` had. @param to as for `movePackedBefore` */
export async function settlePacking(sql: Executor, to: number): Promise<void> {
  const at = time(sql, new Date(to).toISOString());
  await sql`UPDATE packing SET settled = ${at} WHERE settled < ${at} AND ${at} <= before`;
}
