import type { Executor } from "./client.ts";
import { type ErasureRow, erasureColumns } from "./erasure-row.ts";

export async function findErasure(sql: Executor, erasureId: string): Promise<ErasureRow | undefined> {
  const rows = await sql<ErasureRow[]>`
    SELECT ${erasureColumns(sql)} FROM erasures WHERE erasure_id = ${erasureId}`;
  return rows[0];
}
