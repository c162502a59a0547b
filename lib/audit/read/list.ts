/** Lists entries of the audit log. */

import { clientFilter } from "../../auth/client-filter.ts";
import { isUuid } from "../../base/ids.ts";
import { shortenTime } from "../../base/time.ts";
import type { Call } from "../../http/call.ts";
import { decodeCursor, encodeCursor, isTimePart, linkNext } from "../../http/cursor.ts";
import { type ApiResponse, json } from "../../http/gateway.ts";
import type { Database } from "../../postgres/client.ts";
import type * as contract from "../contract.ts";
import { type AuditEntry, listAudit as selectAudit } from "../sql/list-audit.ts";
import { auditFilter } from "./filter.ts";

/** Time and request id of the last entry returned. */
export const AUDIT_CURSOR = [isTimePart, isUuid] as const;

/** A cursor to the entries after this one. */
export const cursorAfter = ({ at, request_id }: AuditEntry): string => encodeCursor([at, request_id]);

/** Entries of the audit log, newest first. @throws {Problem} `invalid-parameter`, `insufficient-scope`, `query-too-broad` */
export async function listAudit(
  call: Call<{ sql: Database }, typeof contract.listAudit>,
): Promise<ApiResponse> {
  const { deps, query, request } = call;
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, AUDIT_CURSOR);
  const filter = await auditFilter(deps.sql, query, clientFilter(call));
  // One extra row shows whether there is a next page.
  const rows = await selectAudit(deps.sql, filter, after, query.limit + 1);
  const page = rows.slice(0, query.limit);
  const last = page.length < rows.length ? page.at(-1) : undefined;
  const cursor = last ? cursorAfter(last) : null;
  const entries = page.map((entry) => ({ ...entry, at: shortenTime(entry.at) }));
  return json(200, { entries, next_cursor: cursor }, linkNext(request, cursor));
}
