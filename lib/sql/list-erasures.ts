import type { Executor } from "./client.ts";
import { type ErasureRow, erasureColumns } from "./erasure-row.ts";
import { andIf, time } from "./fragments.ts";

export interface ErasureFilter {
  clientId: string | undefined;
  /** Only erasures that come after this one. */
  after: readonly [requestedAt: string, erasureId: string] | undefined;
}

/** Newest first, then by id downwards. */
export async function listErasures(
  sql: Executor,
  { clientId, after }: ErasureFilter,
  limit: number,
): Promise<ErasureRow[]> {
  return sql<ErasureRow[]>`
    SELECT ${erasureColumns(sql)} FROM erasures e
     WHERE true ${andIf(sql, clientId, (id) => sql`client_id = ${id}`)}
           ${andIf(sql, after, ([at, id]) => sql`(e.requested_at, erasure_id) < (${time(sql, at)}, ${id}::uuid)`)}
     ORDER BY e.requested_at DESC, erasure_id DESC
     LIMIT ${limit}`;
}
