import type { Transaction } from "../../postgres/client.ts";
import { serializeArray } from "../../postgres/types.ts";
import type { Seal } from "../../trail/seal.ts";
import type { AuditInsert } from "./insert-audit.ts";

/**
 * Writes entries, their personal data and their seals, and moves the lane's head to the last seal. One statement, whose
 * result is not needed, so that a COMMIT can follow at once.
 *
 * The arrays are serialized here and not by the driver when it sends the statement: if that failed, the statement would
 * not be sent, but the COMMIT would.
 * @param rows in order of `at` and request id, so that two writers of the same entries can't deadlock
 * @param seals of these rows, consecutive ones of a lane that the transaction has locked
 * @throws a unique violation in `audit_log` if an entry already exists
 */
export async function insertSealed(
  tx: Transaction,
  rows: readonly AuditInsert[],
  seals: readonly Seal[],
): Promise<void> {
  const last = seals.at(-1);
  if (last === undefined) return;
  const column = (read: (row: AuditInsert) => unknown): string => serializeArray(rows.map(read));
  const ofSeal = (read: (seal: Seal) => unknown): string => serializeArray(seals.map(read));
  await tx`
    WITH given AS (
      SELECT unnest(${column(({ entry }) => entry.at)}::text[])::timestamptz AS at,
             unnest(${column(({ entry }) => entry.request_id)}::uuid[]) AS request_id,
             unnest(${column(({ entry }) => entry.client_id)}::text[]) AS client_id,
             unnest(${column(({ entry }) => entry.key_prefix)}::text[]) AS key_prefix,
             unnest(${column(({ entry }) => entry.method)}::text[]) AS method,
             unnest(${column(({ entry }) => entry.route)}::text[]) AS route,
             unnest(${column(({ entry }) => entry.path)}::text[]) AS path,
             unnest(${column(({ entry }) => entry.status)}::smallint[]) AS status,
             unnest(${column(({ entry }) => entry.duration_ms)}::int[]) AS duration_ms,
             unnest(${column(({ entry }) => entry.bytes_in)}::int[]) AS bytes_in,
             unnest(${column(({ entry }) => entry.bytes_out)}::int[]) AS bytes_out,
             unnest(${column(({ entry }) => entry.change && JSON.stringify(entry.change))}::text[])::jsonb AS change,
             unnest(${column(({ entry }) => `\\x${entry.personal}`)}::text[])::bytea AS personal,
             unnest(${column(({ hash }) => `\\x${hash}`)}::text[])::bytea AS leaf_hash,
             unnest(${column(({ lane }) => lane)}::smallint[]) AS lane,
             unnest(${column(({ seal }) => seal)}::bigint[]) AS seal,
             unnest(${column(({ leaf }) => leaf)}::int[]) AS leaf,
             unnest(${column(({ personal }) => `\\x${personal.salt}`)}::text[])::bytea AS salt,
             unnest(${column(({ personal }) => personal.address)}::text[]) AS address,
             unnest(${column(({ personal }) => personal.user_agent)}::text[]) AS user_agent
    ), written AS (
      INSERT INTO audit_log (at, request_id, client_id, key_prefix, method, route, path, status, duration_ms, bytes_in,
                             bytes_out, change, personal, leaf_hash, lane, seal, leaf)
      SELECT at, request_id, client_id, key_prefix, method, route, path, status, duration_ms, bytes_in, bytes_out, change,
             personal, leaf_hash, lane, seal, leaf
        FROM given
    ), kept_apart AS (
      INSERT INTO audit_personal (at, lane, seal, leaf, salt, address, user_agent)
      SELECT at, lane, seal, leaf, salt, address, user_agent FROM given
    ), sealed AS (
      INSERT INTO audit_seals (lane, seal, day, entries, total, sealed_at, root, previous, hash)
      SELECT unnest(${ofSeal(({ lane }) => lane)}::smallint[]),
             unnest(${ofSeal(({ seal }) => seal)}::bigint[]),
             unnest(${ofSeal(({ day }) => day)}::text[])::date,
             unnest(${ofSeal(({ entries }) => entries)}::int[]),
             unnest(${ofSeal(({ total }) => total)}::bigint[]),
             unnest(${ofSeal(({ sealed_at }) => sealed_at)}::text[])::timestamptz,
             unnest(${ofSeal(({ root }) => `\\x${root}`)}::text[])::bytea,
             unnest(${ofSeal(({ previous }) => `\\x${previous}`)}::text[])::bytea,
             unnest(${ofSeal(({ hash }) => `\\x${hash}`)}::text[])::bytea
    )
    UPDATE audit_lanes SET seals = ${last.seal}, entries = ${last.total}, head = decode(${last.hash}, 'hex')
     WHERE lane = ${last.lane}`;
}
