/** Exports the audit as a file: the trail with everything needed to verify it, or a table. */

import { clientFilter } from "../../auth/client-filter.ts";
import { csvLine } from "../../base/csv.ts";
import { shortenTime } from "../../base/time.ts";
import type { Call } from "../../http/call.ts";
import { decodeCursor } from "../../http/cursor.ts";
import { cutPiece, type ExportFormat, type Piece, pieceResponse } from "../../http/download.ts";
import type { ApiResponse } from "../../http/gateway.ts";
import type { Database } from "../../postgres/client.ts";
import { toLine } from "../../trail/trail.ts";
import type * as contract from "../contract.ts";
import { type AuditEntry, streamAudit } from "../sql/list-audit.ts";
import { type AuditQuery, auditFilter, describeFilter } from "./filter.ts";
import { AUDIT_CURSOR, cursorAfter } from "./list.ts";
import { planTrail, trailCursor } from "./plan.ts";
import { readTrail, type Step } from "./trail.ts";

/** Maximum time for a piece, so that the function responds in time even if its filter matches nothing. */
const PIECE_MS = 12_000;

interface PieceOptions {
  format: ExportFormat;
  /** Maximum number of entries. */
  limit: number;
  /** From the previous piece. */
  cursor?: string | undefined;
}

/** Exports one piece. @param clientId null for all clients @throws {Problem} `invalid-parameter`, `query-too-broad` */
export async function auditPiece(
  { sql }: { sql: Database },
  query: AuditQuery,
  clientId: string | null,
  options: PieceOptions,
): Promise<Piece> {
  const { format, limit, cursor } = options;
  const endsAt = Date.now() + PIECE_MS;
  if (format === "csv") {
    const after = cursor === undefined ? undefined : decodeCursor(cursor, AUDIT_CURSOR);
    const filter = await auditFilter(sql, query, clientId);
    const pages = streamAudit(sql, filter, after, limit + 1);
    const head = after === undefined ? csvLine(COLUMNS) : "";
    return cutPiece(pages, { head, toText: csvOf, limit, cursorAfter, endsAt });
  }
  const filter = await auditFilter(sql, query, clientId);
  const described = describeFilter(query, clientId);
  const plan = await planTrail(sql, {
    filter: Object.keys(described).length === 0 ? undefined : filter,
    start: filter.at ?? filter.start,
    end: filter.at ? justAfter(filter.at) : filter.end,
    described,
    cursor,
  });
  return cutPiece(pagesOf(readTrail(sql, plan)), {
    toText: ({ items }) => items.map(toLine).join(""),
    count: ({ entries }) => entries,
    limit,
    cursorAfter: ({ place }) => trailCursor(plan, place),
    endsAt,
  });
}

const justAfter = ({ ms }: { ms: number }) => {
  const end = new Date(ms + 1);
  return { ms: end.getTime(), text: end.toISOString() };
};

async function* pagesOf(steps: AsyncIterable<Step>): AsyncGenerator<Step[]> {
  for await (const step of steps) yield [step];
}

/** @throws {Problem} `insufficient-scope`, and the same as `auditPiece` */
export async function exportAudit(
  call: Call<{ sql: Database }, typeof contract.exportAudit>,
): Promise<ApiResponse> {
  const { deps, query, request } = call;
  const { format, limit, cursor, ...filter } = query;
  const piece = await auditPiece(deps, filter, clientFilter(call), { format, limit, cursor });
  return pieceResponse(request, piece, "audit", format);
}

const COLUMNS = [
  "at",
  "request_id",
  "client_id",
  "key_prefix",
  "method",
  "route",
  "path",
  "status",
  "duration_ms",
  "address",
  "user_agent",
  "erased",
  "bytes_in",
  "bytes_out",
  "change",
  "lane",
  "seal",
  "leaf",
] as const satisfies (keyof AuditEntry)[];

const csvOf = (entry: AuditEntry): string =>
  csvLine(
    COLUMNS.map((name) => {
      const value = name === "at" ? shortenTime(entry.at) : entry[name];
      if (typeof value === "string" || typeof value === "number") return value;
      return value === null ? "" : JSON.stringify(value);
    }),
  );
