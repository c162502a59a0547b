import type { Executor } from "./client.ts";

/** Hashes of a seal's leaves, in their order, in hexadecimal. */
export async function listLeaves(sql: Executor, lane: number, seal: number): Promise<string[]> {
  const rows = await sql<{ hash: string }[]>`
    SELECT encode(leaf_hash, 'hex') AS hash FROM audit_log
     WHERE lane = ${lane} AND seal = ${seal} ORDER BY leaf`;
  return rows.map(({ hash }) => hash);
}
