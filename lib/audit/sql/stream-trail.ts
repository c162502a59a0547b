import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";
import type { Entry } from "../../trail/entry.ts";
import { type AuditFilter, matchesAudit } from "./filter.ts";
import { rangeTable, type SealRange } from "./seals.ts";

/** A leaf of the audit trail: a row of `audit_log`, a row of `audit_personal`, or, normally, both. */
export interface TrailRow extends Omit<Entry, "v"> {
  lane: number;
  seal: number;
  leaf: number;
  /** In hexadecimal, like all bytes here. Null, like the entire entry, if there is no row in `audit_log`. */
  hash: string | null;
  /** True if the entry matches the filter. */
  shown: boolean;
  /** Null if there is no row in `audit_personal`. */
  salt: string | null;
  address: string | null;
  user_agent: string | null;
}

/** The hashed content of a row `a` of the audit log and of its personal data `p`. Invalid times are returned as text. */
export const trailColumns = (sql: Executor): Fragment => sql`
  encode(a.leaf_hash, 'hex') AS hash,
  coalesce(to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), a.at::text) AS at, a.request_id, a.client_id,
  a.key_prefix, a.method, a.route, a.path, a.status, a.duration_ms, a.bytes_in, a.bytes_out, a.change,
  encode(a.personal, 'hex') AS personal, encode(p.salt, 'hex') AS salt, p.address, p.user_agent`;

/** Rows that are in memory at a time. */
const ROWS_AT_A_TIME = 1_000;

/**
 * All leaves of some seals, in order, whatever the day of their rows: a row added to a seal on a day of another partition
 * must be found. So no partition can be pruned; with 400 of them that takes milliseconds (see the proof of one entry in
 * bench/RESULTS.md).
 * @param filter only seals with an entry that matches; undefined for all seals
 */
export const streamTrail = (
  sql: Executor,
  ranges: readonly SealRange[],
  filter: AuditFilter | undefined,
): AsyncIterable<TrailRow[]> =>
  sql<TrailRow[]>`
    SELECT * FROM (
      SELECT r.lane, l.seal::float8 AS seal, l.leaf, l.hash, l.shown, l.at, l.request_id, l.client_id, l.key_prefix,
             l.method, l.route, l.path, l.status, l.duration_ms, l.bytes_in, l.bytes_out, l.change, l.personal, l.salt,
             l.address, l.user_agent, bool_or(l.shown) OVER (PARTITION BY r.lane, l.seal) AS wanted
        FROM ${rangeTable(sql, ranges)} CROSS JOIN LATERAL (
          SELECT coalesce(a.seal, p.seal) AS seal, coalesce(a.leaf, p.leaf) AS leaf, ${trailColumns(sql)},
                 ${filter === undefined ? sql`true` : sql`coalesce(${matchesAudit(sql, filter)}, false)`} AS shown
            FROM (SELECT * FROM audit_log WHERE lane = r.lane AND seal BETWEEN r.first AND r.last OFFSET 0) a
                 FULL JOIN (SELECT * FROM audit_personal WHERE lane = r.lane AND seal BETWEEN r.first AND r.last OFFSET 0) p
                 ON p.at = a.at AND p.seal = a.seal AND p.leaf = a.leaf
          OFFSET 0) l) AS leaves
     WHERE wanted
     ORDER BY lane, seal, leaf`.cursor(ROWS_AT_A_TIME);
