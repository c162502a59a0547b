import type { Transaction } from "../../postgres/client.ts";
import { serializeArray } from "../../postgres/types.ts";
import type { Entry, Personal } from "../../trail/entry.ts";
import type { Seal } from "../../trail/seal.ts";
import type { AuditInsert } from "./insert-audit.ts";

/** What many entries of a batch have in common. */
interface Kind {
  entry: Entry;
  personal: Personal;
  change: string | null;
}

/** The kinds of a batch, each sent once. */
class Kinds {
  readonly list: Kind[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(entry: Entry, personal: Personal): number {
    const { client_id, key_prefix, method, route, path, status } = entry;
    const change = entry.change && JSON.stringify(entry.change);
    // Not JSON, which takes longer. Two kinds with the same name would need a NUL, which PostgreSQL does not accept.
    const name = `${method}\0${route}\0${path}\0${status}\0${client_id ?? "\0"}\0${key_prefix ?? "\0"}\0${personal.address ?? "\0"}\0${personal.user_agent ?? "\0"}\0${change ?? "\0"}`;
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.list.length);
    return this.list.push({ entry, personal, change }) - 1;
  }
}

/** An entry with its time in milliseconds since the Unix epoch, which PostgreSQL reads faster than text. */
type Row = AuditInsert & { ms: number };

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
  rows: readonly Row[],
  seals: readonly Seal[],
): Promise<void> {
  const last = seals.at(-1);
  if (last === undefined) return;
  const kinds = new Kinds();
  const numbers = rows.map(({ entry, personal }) => kinds.numberOf(entry, personal));
  const column = (read: (row: Row) => unknown): string => serializeArray(rows.map(read));
  const ofKind = (read: (kind: Kind) => unknown): string => serializeArray(kinds.list.map(read));
  const ofSeal = (read: (seal: Seal) => unknown): string => serializeArray(seals.map(read));
  // 80 bytes for each row.
  const bytes = rows.map(({ entry, hash, personal }) => entry.personal + hash + personal.salt).join("");
  await tx`
    WITH bytes AS MATERIALIZED (
      SELECT decode(${bytes}, 'hex') AS bytes
    ), kinds AS (
      SELECT generate_series(0, ${kinds.list.length - 1}::int) AS kind,
             unnest(${ofKind(({ entry }) => entry.client_id)}::text[]) AS client_id,
             unnest(${ofKind(({ entry }) => entry.key_prefix)}::text[]) AS key_prefix,
             unnest(${ofKind(({ entry }) => entry.method)}::text[]) AS method,
             unnest(${ofKind(({ entry }) => entry.route)}::text[]) AS route,
             unnest(${ofKind(({ entry }) => entry.path)}::text[]) AS path,
             unnest(${ofKind(({ entry }) => entry.status)}::smallint[]) AS status,
             unnest(${ofKind(({ change }) => change)}::text[])::jsonb AS change,
             unnest(${ofKind(({ personal }) => personal.address)}::text[]) AS address,
             unnest(${ofKind(({ personal }) => personal.user_agent)}::text[]) AS user_agent
    ), given AS (
      SELECT n, to_timestamp(ms / 1000) AS at, request_id, duration_ms, bytes_in, bytes_out, seal, leaf,
             substring((SELECT bytes FROM bytes) FROM 80 * n + 1 FOR 32) AS personal,
             substring((SELECT bytes FROM bytes) FROM 80 * n + 33 FOR 32) AS leaf_hash,
             substring((SELECT bytes FROM bytes) FROM 80 * n + 65 FOR 16) AS salt,
             client_id, key_prefix, method, route, path, status, change, address, user_agent
        FROM (SELECT generate_series(0, ${rows.length - 1}::int) AS n,
                     unnest(${serializeArray(numbers)}::int[]) AS kind,
                     unnest(${column(({ ms }) => ms)}::float8[]) AS ms,
                     unnest(${column(({ entry }) => entry.request_id)}::uuid[]) AS request_id,
                     unnest(${column(({ entry }) => entry.duration_ms)}::int[]) AS duration_ms,
                     unnest(${column(({ entry }) => entry.bytes_in)}::int[]) AS bytes_in,
                     unnest(${column(({ entry }) => entry.bytes_out)}::int[]) AS bytes_out,
                     unnest(${column(({ seal }) => seal)}::bigint[]) AS seal,
                     unnest(${column(({ leaf }) => leaf)}::int[]) AS leaf) AS each JOIN kinds USING (kind)
       ORDER BY n
    ), written AS (
      INSERT INTO audit_log (at, request_id, client_id, key_prefix, method, route, path, status, duration_ms, bytes_in,
                             bytes_out, change, personal, leaf_hash, lane, seal, leaf)
      SELECT at, request_id, client_id, key_prefix, method, route, path, status, duration_ms, bytes_in, bytes_out, change,
             personal, leaf_hash, ${last.lane}::smallint, seal, leaf
        FROM given
    ), kept_apart AS (
      INSERT INTO audit_personal (at, lane, seal, leaf, salt, address, user_agent)
      SELECT at, ${last.lane}::smallint, seal, leaf, salt, address, user_agent FROM given
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
