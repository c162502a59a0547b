import type { Transaction } from "../../postgres/client.ts";
import type { Entry, Personal } from "../../trail/entry.ts";

/** An entry's place in the trail. */
export interface AuditPlace {
  seal: number;
  leaf: number;
}

export interface AuditInsert extends AuditPlace {
  entry: Entry;
  personal: Personal;
  /** In hexadecimal. */
  hash: string;
  lane: number;
}

/**
 * Writes entries and their personal data.
 * @param rows in order of `at` and request id, so that two writers of the same entries can't deadlock
 * @returns the places of the entries that did not exist already
 */
export async function insertAudit(tx: Transaction, rows: readonly AuditInsert[]): Promise<AuditPlace[]> {
  const column = <T>(read: (row: AuditInsert) => T): T[] => rows.map(read);
  return tx<AuditPlace[]>`
    WITH given AS (
      SELECT * FROM unnest(
        ${column(({ entry }) => entry.at)}::text[]::timestamptz[],
        ${column(({ entry }) => entry.request_id)}::uuid[],
        ${column(({ entry }) => entry.client_id)}::text[],
        ${column(({ entry }) => entry.key_prefix)}::text[],
        ${column(({ entry }) => entry.method)}::text[],
        ${column(({ entry }) => entry.route)}::text[],
        ${column(({ entry }) => entry.path)}::text[],
        ${column(({ entry }) => entry.status)}::smallint[],
        ${column(({ entry }) => entry.duration_ms)}::int[],
        ${column(({ entry }) => entry.bytes_in)}::int[],
        ${column(({ entry }) => entry.bytes_out)}::int[],
        ${column(({ entry }) => entry.change && JSON.stringify(entry.change))}::text[]::jsonb[],
        ${column(({ entry }) => `\\x${entry.personal}`)}::text[]::bytea[],
        ${column(({ hash }) => `\\x${hash}`)}::text[]::bytea[],
        ${column(({ lane }) => lane)}::smallint[],
        ${column(({ seal }) => seal)}::bigint[],
        ${column(({ leaf }) => leaf)}::int[],
        ${column(({ personal }) => `\\x${personal.salt}`)}::text[]::bytea[],
        ${column(({ personal }) => personal.address)}::text[],
        ${column(({ personal }) => personal.user_agent)}::text[])
      AS t(at, request_id, client_id, key_prefix, method, route, path, status, duration_ms, bytes_in, bytes_out, change,
           personal, leaf_hash, lane, seal, leaf, salt, address, user_agent)
    ), written AS (
      INSERT INTO audit_log (at, request_id, client_id, key_prefix, method, route, path, status, duration_ms, bytes_in,
                             bytes_out, change, personal, leaf_hash, lane, seal, leaf)
      SELECT at, request_id, client_id, key_prefix, method, route, path, status, duration_ms, bytes_in, bytes_out, change,
             personal, leaf_hash, lane, seal, leaf
        FROM given
      ON CONFLICT (at, request_id) DO NOTHING
      RETURNING seal, leaf
    ), kept_apart AS (
      INSERT INTO audit_personal (at, lane, seal, leaf, salt, address, user_agent)
      SELECT at, lane, seal, leaf, salt, address, user_agent FROM given JOIN written USING (seal, leaf)
    )
    SELECT seal::float8 AS seal, leaf FROM written ORDER BY seal, leaf`;
}
