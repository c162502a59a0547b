/** Filters of audit queries. */

import { parseTime } from "../../base/time.ts";
import type { QueryOf } from "../../http/operation.ts";
import type { Executor } from "../../postgres/client.ts";
import type * as contract from "../contract.ts";
import type { AuditFilter } from "../sql/filter.ts";
import { findAuditTime } from "../sql/find-audit-time.ts";

export type AuditQuery = Omit<QueryOf<typeof contract.listAudit>, "limit" | "cursor">;

/** @param clientId null for all clients */
export async function auditFilter(
  sql: Executor,
  { method, route, status, path, address, request_id: requestId, start, end }: AuditQuery,
  clientId: string | null,
): Promise<AuditFilter> {
  const filter: AuditFilter = {
    clientId,
    method,
    route,
    status: status === undefined ? undefined : statusRange(status),
    path: path === undefined ? undefined : pathFilter(path),
    address,
    requestId,
    start,
    end,
  };
  if (requestId === undefined) return filter;
  // A request without an entry gets a time that no entry has.
  const at = parseTime((await timeOfRequest(sql, requestId)) ?? NEVER);
  return { ...filter, at };
}

const NEVER = "0001-01-01T00:00:00Z";

/** @param status such as `429`, or `4xx` for a class */
function statusRange(status: string): readonly [number, number] {
  return [Number(status.replace("xx", "00")), Number(status.replace("xx", "99"))];
}

const pathFilter = (path: string): { text: string; prefix: boolean } =>
  path.endsWith("*") ? { text: path.slice(0, -1), prefix: true } : { text: path, prefix: false };

/** Describes the filter in the header of an export: the query's parameters as text. */
export const describeFilter = (
  { client: _, start, end, ...rest }: AuditQuery,
  clientId: string | null,
): Record<string, string> => ({
  ...(clientId !== null && { client: clientId }),
  ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
  ...(start && { start: start.text }),
  ...(end && { end: end.text }),
});

/** Maximum difference between the clocks of the gateway and of a function. */
const CLOCKS_MS = 60_000;

/**
 * Finds the time at which a request was received. Ids that Weir assigns contain that time (UUID version 7), so the search
 * starts around it and then covers everything.
 */
export async function timeOfRequest(sql: Executor, requestId: string): Promise<string | undefined> {
  const ms = requestId[14] === "7" ? Number.parseInt(requestId.replace("-", "").slice(0, 12), 16) : 0;
  if (ms > CLOCKS_MS && ms < Date.UTC(9999, 0)) {
    const [from, to] = [new Date(ms - CLOCKS_MS), new Date(ms + CLOCKS_MS)];
    const found = await findAuditTime(sql, requestId, [from.toISOString(), to.toISOString()]);
    if (found !== undefined) return found;
  }
  return findAuditTime(sql, requestId);
}
