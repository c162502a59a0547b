import type { Instant } from "../time.ts";
import type { Change } from "../trail/entry.ts";
import type { Executor } from "./client.ts";
import { andIf, time, utc } from "./fragments.ts";

/** A row of the audit log; its time as UTC text with six fractional digits. */
export interface AuditEntry {
  at: string;
  request_id: string;
  client_id: string | null;
  key_prefix: string | null;
  method: string;
  route: string;
  path: string;
  status: number;
  duration_ms: number;
  address: string | null;
  user_agent: string | null;
  bytes_in: number;
  bytes_out: number | null;
  change: Change | null;
  lane: number;
  seal: number;
  leaf: number;
}

export interface AuditFilter {
  /** Null for all clients, and for calls of nobody known. */
  clientId: string | null;
  method: string | undefined;
  /** Lowest and highest status. */
  status: readonly [number, number] | undefined;
  /** The whole path, or how it begins. */
  path: { text: string; prefix: boolean } | undefined;
  /** Inclusive. */
  start: Instant | undefined;
  /** Exclusive. */
  end: Instant | undefined;
  /** Only entries that come after this one. */
  after: readonly [at: string, requestId: string] | undefined;
}

/** Newest first, then by request id downwards. */
export async function listAudit(sql: Executor, filter: AuditFilter, limit: number): Promise<AuditEntry[]> {
  const { clientId, method, status, path, start, end, after } = filter;
  return sql<AuditEntry[]>`
    SELECT ${utc(sql, "a.at")} AS at, request_id, client_id, key_prefix, method, route, path, status, duration_ms,
           p.address, p.user_agent, bytes_in, bytes_out, change, a.lane, a.seal::float8 AS seal, a.leaf
      FROM audit_log a
           LEFT JOIN audit_personal p ON p.at = a.at AND p.lane = a.lane AND p.seal = a.seal AND p.leaf = a.leaf
     WHERE true ${andIf(sql, clientId ?? undefined, (id) => sql`a.client_id = ${id}`)}
           ${andIf(sql, method, (name) => sql`a.method = ${name}`)}
           ${andIf(sql, status, ([low, high]) => sql`a.status BETWEEN ${low} AND ${high}`)}
           ${andIf(sql, path, ({ text, prefix }) => (prefix ? sql`starts_with(a.path, ${text})` : sql`a.path = ${text}`))}
           ${andIf(sql, start, ({ text }) => sql`a.at >= ${time(sql, text)}`)}
           ${andIf(sql, end, ({ text }) => sql`a.at < ${time(sql, text)}`)}
           ${andIf(sql, after, (place) => beyond(sql, place))}
     ORDER BY a.at DESC, a.request_id DESC
     LIMIT ${limit}`;
}

/** The plain comparison of the time says nothing new, but leaves partitions out, which that of the row does not. */
const beyond = (sql: Executor, [at, requestId]: NonNullable<AuditFilter["after"]>) => sql`
  a.at <= ${time(sql, at)} AND (a.at, a.request_id) < (${time(sql, at)}, ${requestId}::uuid)`;
