import type { Instant } from "../../base/time.ts";
import type { Executor } from "../../postgres/client.ts";
import { andIf, type Fragment, time } from "../../postgres/fragments.ts";

/** Selects entries of the audit log. */
export interface AuditFilter {
  /** Null for the calls of all clients and of anonymous callers. */
  clientId: string | null;
  method?: string | undefined;
  route?: string | undefined;
  /** Lowest and highest status. */
  status?: readonly [number, number] | undefined;
  /** The full path, or a prefix of it. */
  path?: { text: string; prefix: boolean } | undefined;
  address?: string | undefined;
  requestId?: string | undefined;
  /** The exact time. */
  at?: Instant | undefined;
  /** Inclusive. */
  start?: Instant | undefined;
  /** Exclusive. */
  end?: Instant | undefined;
}

/** Condition that is true if a row `a` of the audit log, with its personal data `p`, matches the filter. */
export function matchesAudit(sql: Executor, filter: AuditFilter): Fragment {
  const { clientId, method, route, status, path, address, requestId, at, start, end } = filter;
  return sql`
    (true ${andIf(sql, clientId ?? undefined, (id) => sql`a.client_id = ${id}`)}
     ${andIf(sql, method, (name) => sql`a.method = ${name}`)}
     ${andIf(sql, route, (name) => sql`a.route = ${name}`)}
     ${andIf(sql, status, ([low, high]) => sql`a.status BETWEEN ${low} AND ${high}`)}
     ${andIf(sql, path, ({ text, prefix }) => (prefix ? sql`starts_with(a.path, ${text})` : sql`a.path = ${text}`))}
     ${andIf(sql, address, (text) => sql`p.address = ${text}`)}
     ${andIf(sql, requestId, (id) => sql`a.request_id = ${id}::uuid`)}
     ${andIf(sql, at, ({ text }) => sql`a.at = ${time(sql, text)}`)}
     ${andIf(sql, start, ({ text }) => sql`a.at >= ${time(sql, text)}`)}
     ${andIf(sql, end, ({ text }) => sql`a.at < ${time(sql, text)}`)})`;
}
