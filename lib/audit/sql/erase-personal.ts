import type { Instant } from "../../base/time.ts";
import type { Transaction } from "../../postgres/client.ts";
import { andIf, type Fragment, time } from "../../postgres/fragments.ts";

/** Selects calls; an undefined criterion matches all. */
export interface PersonalFilter {
  address: string | undefined;
  userAgent: string | undefined;
  clientId: string | undefined;
  requestId: string | undefined;
  /** Inclusive. */
  start: Instant | undefined;
  /** Exclusive. */
  end: Instant | undefined;
}

/** A partition of `audit_personal`, and the bounds of its rows' times, RFC 3339; undefined for DEFAULT. */
export interface PersonalPartition {
  name: string;
  day: readonly [from: string, to: string] | undefined;
}

/**
 * Deletes the personal data of calls with its salt; their entries in the audit log stay as they are. It works on one
 * partition, since `ctid` is not unique across a partitioned table. The partition of a day is reached through its parent,
 * by its bounds: the database user of administrators has rights on the parent, and none on partitions of later days.
 * @param limit maximum rows
 * @returns number of deleted rows
 */
export async function erasePersonal(
  tx: Transaction,
  { name, day }: PersonalPartition,
  filter: PersonalFilter,
  limit: number,
): Promise<number> {
  const table = tx(day === undefined ? name : "audit_personal");
  const ofDay = (at: Fragment): Fragment =>
    andIf(tx, day, ([from, to]) => tx`${at} >= ${time(tx, from)} AND ${at} < ${time(tx, to)}`);
  const rows = await tx`
    DELETE FROM ${table} d
     WHERE ctid = ANY (ARRAY(
             SELECT p.ctid FROM ${table} p
              WHERE true ${ofDay(tx`p.at`)}
                    ${andIf(tx, filter.address, (address) => tx`p.address = ${address}`)}
                    ${andIf(tx, filter.userAgent, (agent) => tx`p.user_agent = ${agent}`)}
                    ${andIf(tx, filter.start, ({ text }) => tx`p.at >= ${time(tx, text)}`)}
                    ${andIf(tx, filter.end, ({ text }) => tx`p.at < ${time(tx, text)}`)}
                    ${ofEntry(tx, day, filter)}
              LIMIT ${limit})) ${ofDay(tx`d.at`)}`;
  return rows.count;
}

/** Client and request are in the entry. The day is repeated for `audit_log`, so that only that day's partition is read. */
function ofEntry(
  tx: Transaction,
  day: PersonalPartition["day"],
  { clientId, requestId }: PersonalFilter,
): Fragment {
  if (clientId === undefined && requestId === undefined) return tx``;
  return tx`
    AND EXISTS (
      SELECT FROM audit_log a
       WHERE a.at = p.at AND a.lane = p.lane AND a.seal = p.seal AND a.leaf = p.leaf
             ${andIf(tx, day, ([from, to]) => tx`a.at >= ${time(tx, from)} AND a.at < ${time(tx, to)}`)}
             ${andIf(tx, clientId, (id) => tx`a.client_id = ${id}`)}
             ${andIf(tx, requestId, (id) => tx`a.request_id = ${id}::text::uuid`)})`;
}
