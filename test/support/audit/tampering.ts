/** Changes that somebody with full rights on the database could make to the audit, careful or not. */

import { insertSeals, listLeaves, listSeals } from "../../../lib/audit/sql/seals.ts";
import type { Transaction } from "../../../lib/postgres/client.ts";
import { leafOf } from "../../../lib/trail/entry.ts";
import { rootOf } from "../../../lib/trail/merkle.ts";
import { NO_SEAL, sealed } from "../../../lib/trail/seal.ts";
import type { EntryItem } from "../../../lib/trail/trail.ts";

export interface Column {
  name: string;
  type: string;
}

/** Returns every column of a table, so that none is missed. */
export const columnsOf = (tx: Transaction, table: string): Promise<Column[]> => tx<Column[]>`
  SELECT column_name AS name, data_type AS type FROM information_schema.columns
   WHERE table_schema = 'public' AND table_name = ${table} ORDER BY ordinal_position`;

/** Returns a different value for a column, by its type. @throws for a type without a rule */
function changed(tx: Transaction, { name, type }: Column) {
  const column = tx(name);
  switch (type) {
    case "text":
      return tx`coalesce(${column}, '') || 'x'`;
    case "smallint":
    case "integer":
    case "bigint":
      return tx`coalesce(${column}, 0) + 1`;
    case "timestamp with time zone":
      return tx`${column} + interval '1 microsecond'`;
    case "date":
      return tx`${column} - 1`;
    case "uuid":
      return tx`gen_random_uuid()`;
    case "bytea":
      return tx`set_byte(${column}, 3, 255 - get_byte(${column}, 3))`;
    case "jsonb":
      return tx`'{"before":null,"after":{"forged":true}}'::jsonb`;
    default:
      throw new Error(`How a ${type} is altered is not known.`);
  }
}

/** Alters one column of the rows that match a condition. */
export const alter = (tx: Transaction, table: string, column: Column, where: ReturnType<Transaction>) =>
  tx`UPDATE ${tx(table)} SET ${tx(column.name)} = ${changed(tx, column)} WHERE ${where as never}`;

/** Renumbers and rechains a lane's seals over its present rows, and moves its head: a consistent forgery. */
export async function rechain(tx: Transaction, lane: number): Promise<void> {
  const seals = await listSeals(tx, [{ lane, first: 1, last: 1_000_000 }]);
  let [total, previous] = [0, NO_SEAL];
  const renewed = [];
  for (const [index, seal] of seals.entries()) {
    for (const table of ["audit_log", "audit_personal"])
      await tx`UPDATE ${tx(table)} SET seal = ${index + 1} WHERE lane = ${lane} AND seal = ${seal.seal}`;
    const leaves = await listLeaves(tx, lane, index + 1);
    total += leaves.length;
    const { hash: _, ...content } = seal;
    const one = sealed({
      ...content,
      seal: index + 1,
      entries: leaves.length,
      total,
      root: rootOf(leaves),
      previous,
    });
    previous = one.hash;
    renewed.push(one);
  }
  await tx`DELETE FROM audit_seals WHERE lane = ${lane}`;
  await insertSeals(tx, renewed);
}

/** Changes an entry's path together with its hash. */
export async function rewriteEntry(tx: Transaction, { entry, lane, seal, leaf }: EntryItem): Promise<void> {
  const hash = leafOf({ ...entry, path: "/forged" });
  await tx`UPDATE audit_log SET path = '/forged', leaf_hash = decode(${hash}, 'hex')
            WHERE lane = ${lane} AND seal = ${seal} AND leaf = ${leaf}`;
}

/** Inserts a copy of a row at another place, with a new request id and its hash. */
export async function insertCopy(
  tx: Transaction,
  { entry, lane, seal, leaf }: EntryItem,
  to: { lane?: number; seal?: number; leaf?: number; at?: string },
): Promise<void> {
  const request_id = "0190aaaa-0000-7000-8000-00000000f00d";
  const at = to.at ?? entry.at;
  const hash = leafOf({ ...entry, at, request_id });
  await tx`
    INSERT INTO audit_log (at, request_id, client_id, key_prefix, method, route, path, status, duration_ms, bytes_in,
                           bytes_out, change, personal, leaf_hash, lane, seal, leaf)
    SELECT ${at}::timestamptz, ${request_id}, client_id, key_prefix, method, route, path, status, duration_ms, bytes_in,
           bytes_out, change, personal, decode(${hash}, 'hex'), ${to.lane ?? lane}, ${to.seal ?? seal}, ${to.leaf ?? leaf}
      FROM audit_log WHERE lane = ${lane} AND seal = ${seal} AND leaf = ${leaf}`;
}
