import type { Executor } from "../../postgres/client.ts";
import { andIf, time, utc } from "../../postgres/fragments.ts";
import type { Entry, Personal } from "../../trail/entry.ts";
import { type AuditFilter, matchesAudit } from "./filter.ts";

/** A row of the audit log. */
export interface AuditEntry extends Omit<Entry, "v" | "personal">, Omit<Personal, "salt"> {
  /** Whether address and user agent were erased. */
  erased: boolean;
  lane: number;
  seal: number;
  leaf: number;
}

/** The entry after which to begin. */
export type AuditPosition = readonly [at: string, requestId: string];

const select = (sql: Executor, filter: AuditFilter, after: AuditPosition | undefined, limit: number) =>
  sql<AuditEntry[]>`
    SELECT ${utc(sql, "a.at")} AS at, request_id, client_id, key_prefix, method, route, path, status, duration_ms,
           p.address, p.user_agent, p.salt IS NULL AS erased, bytes_in, bytes_out, change, a.lane,
           a.seal::float8 AS seal, a.leaf
      FROM audit_log a
           LEFT JOIN audit_personal p ON p.at = a.at AND p.lane = a.lane AND p.seal = a.seal AND p.leaf = a.leaf
     WHERE ${matchesAudit(sql, filter)}
           ${andIf(sql, after, (place) => beyond(sql, place))}
     ORDER BY a.at DESC, a.request_id DESC
     LIMIT ${limit}`;

/** Newest first, then by request id, descending. @param after only entries after this one */
export const listAudit = async (
  sql: Executor,
  filter: AuditFilter,
  after: AuditPosition | undefined,
  limit: number,
): Promise<AuditEntry[]> => select(sql, filter, after, limit);

/** Rows that are in memory at a time. */
const ROWS_AT_A_TIME = 500;

/** Like `listAudit`, in batches. The statement ends with the loop over it, and occupies a connection until then. */
export const streamAudit = (
  sql: Executor,
  filter: AuditFilter,
  after: AuditPosition | undefined,
  limit: number,
): AsyncIterable<AuditEntry[]> => select(sql, filter, after, limit).cursor(ROWS_AT_A_TIME);

/** The separate comparison of the time is redundant, but it prunes partitions, which the row comparison does not. */
const beyond = (sql: Executor, [at, requestId]: AuditPosition) => sql`
  a.at <= ${time(sql, at)} AND (a.at, a.request_id) < (${time(sql, at)}, ${requestId}::uuid)`;
