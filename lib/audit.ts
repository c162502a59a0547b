/** Who called what. */
import type { Call } from "./api.ts";
import { clientFilter } from "./client-filter.ts";
import type * as contract from "./contract/audit.ts";
import { decodeCursor, encodeCursor, isTimePart, linkNext } from "./cursor.ts";
import { type ApiResponse, json } from "./http.ts";
import { isUuid } from "./ids.ts";
import { type AuditFilter, listAudit as selectAudit } from "./sql/list-audit.ts";
import { shortenTime } from "./time.ts";

/** Time and request of the last entry shown. */
const CURSOR = [isTimePart, isUuid] as const;

/** Entries of the audit log, newest first. @throws {Problem} `invalid-parameter`, `insufficient-scope`, `query-too-broad` */
export async function listAudit(call: Call<typeof contract.listAudit>): Promise<ApiResponse> {
  const { deps, query, request } = call;
  const filter: AuditFilter = {
    clientId: clientFilter(call),
    method: query.method,
    status: query.status === undefined ? undefined : statusRange(query.status),
    path: query.path === undefined ? undefined : pathFilter(query.path),
    start: query.start,
    end: query.end,
    after: query.cursor === undefined ? undefined : decodeCursor(query.cursor, CURSOR),
  };
  // One more than asked for tells whether there is a next page.
  const rows = await selectAudit(deps.sql, filter, query.limit + 1);
  const page = rows.slice(0, query.limit);
  const last = page.length < rows.length ? page.at(-1) : undefined;
  const cursor = last ? encodeCursor([last.at, last.request_id]) : null;
  const entries = page.map((entry) => ({ ...entry, at: shortenTime(entry.at) }));
  return json(200, { entries, next_cursor: cursor }, linkNext(request, cursor));
}

/** @param status as `429`, or `4xx` for a class */
function statusRange(status: string): readonly [number, number] {
  return [Number(status.replace("xx", "00")), Number(status.replace("xx", "99"))];
}

const pathFilter = (path: string): { text: string; prefix: boolean } =>
  path.endsWith("*") ? { text: path.slice(0, -1), prefix: true } : { text: path, prefix: false };
