import type { Executor } from "../../postgres/client.ts";
import { andIf } from "../../postgres/fragments.ts";

/** Settled events of a client by outcome. */
export interface ClientTotals {
  client_id: string;
  stored: number;
  duplicates: number;
  quarantined: number;
}

/** A settled part of a receipt. */
export interface SettledRow {
  id: string;
  part: number;
  events: number;
}

export interface Settled {
  totals: ClientTotals[];
  parts: SettledRow[];
}

/**
 * The totals, and which parts of these receipts are in them: one statement, so that both are as of the same moment.
 * @param clientId null for every client that has settled events
 * @param receiptIds UUIDs
 */
export async function readSettled(
  sql: Executor,
  clientId: string | null,
  receiptIds: readonly string[],
): Promise<Settled> {
  const [row] = await sql<Settled[]>`
    SELECT (SELECT coalesce(json_agg(t), '[]')
              FROM (SELECT client_id, sum(stored) AS stored, sum(duplicates) AS duplicates, sum(quarantined) AS quarantined
                      FROM pipeline_totals
                     WHERE true ${andIf(sql, clientId ?? undefined, (id) => sql`client_id = ${id}`)}
                     GROUP BY client_id) AS t) AS totals,
           (SELECT coalesce(json_agg(p), '[]')
              FROM (SELECT receipt_id AS id, part, accepted AS events
                      FROM receipts WHERE receipt_id = ANY (${receiptIds}::uuid[])) AS p) AS parts`;
  return row ?? { totals: [], parts: [] };
}
