import type { Transaction } from "./client.ts";
import { time } from "./fragments.ts";
import type { AuditInsert, AuditPlace } from "./insert-audit.ts";

/** Takes back what the same transaction has just written, at these places among the rows it was given. */
export async function deleteAudit(
  tx: Transaction,
  rows: readonly AuditInsert[],
  written: readonly AuditPlace[],
): Promise<void> {
  const [first, last] = [rows[0], rows.at(-1)];
  if (written.length === 0 || !first || !last) return;
  for (const table of ["audit_log", "audit_personal"])
    await tx`
      DELETE FROM ${tx(table)}
       WHERE at BETWEEN ${time(tx, first.entry.at)} AND ${time(tx, last.entry.at)}
             AND lane = ${first.lane} AND seal >= ${first.seal}`;
}
