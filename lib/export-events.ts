/** Events as files, piece by piece, in memory that does not grow with them. */
import type { Call } from "./api.ts";
import { clientFilter } from "./client-filter.ts";
import type * as contract from "./contract/export.ts";
import { csvLine } from "./csv.ts";
import { decodeCursor } from "./cursor.ts";
import type { Deps } from "./deps.ts";
import { cursorAfter, EVENT_CURSOR, storedJson, wasRead } from "./events.ts";
import { cutPiece, type ExportFormat, MAX_PIECE_BYTES, type Piece, pieceResponse } from "./export-piece.ts";
import type { ApiResponse } from "./http.ts";
import { type EventFilter, streamEvents } from "./sql/list-events.ts";
import type { StoredEventRow } from "./sql/stored-event.ts";
import { shortenTime } from "./time.ts";

interface PieceOptions {
  format: ExportFormat;
  /** Most events. */
  limit: number;
  /** Of the piece before. */
  cursor?: string | undefined;
}

/** A piece of a file of events, newest first. @throws {Problem} `invalid-parameter`, `query-too-broad` */
export async function exportPiece(
  { sql }: Pick<Deps, "sql">,
  filter: Omit<EventFilter, "after">,
  { format, limit, cursor }: PieceOptions,
): Promise<Piece> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor, EVENT_CURSOR);
  // One more than asked for tells whether there is a next piece.
  const toText = format === "csv" ? csvOf : (row: StoredEventRow) => `${storedJson(row)}\n`;
  return cutPiece(streamEvents(sql, { ...filter, after }, { rows: limit + 1, bytes: MAX_PIECE_BYTES }), {
    head: format === "csv" && after === undefined ? csvLine(COLUMNS) : "",
    toText: (row) => (wasRead(row) ? toText(row) : undefined),
    limit,
    cursorAfter,
  });
}

/** @throws {Problem} `insufficient-scope`, and as `exportPiece` does */
export async function exportEvents(call: Call<typeof contract.exportEvents>): Promise<ApiResponse> {
  const { deps, query, request } = call;
  const { event_type: eventType, start, end, where, format } = query;
  const filter = { clientId: clientFilter(call), eventType, start, end, where };
  return pieceResponse(request, await exportPiece(deps, filter, query), "events", format);
}

const COLUMNS = [
  "client_id",
  "event_id",
  "event_type",
  "timestamp",
  "received_at",
  "processed_at",
  "processing_latency_ms",
  "receipt_id",
  "payload",
];

const csvOf = (row: StoredEventRow): string =>
  csvLine([
    row.client_id,
    row.event_id,
    row.event_type,
    shortenTime(row.event_time),
    shortenTime(row.received_at),
    shortenTime(row.processed_at),
    row.latency_ms,
    row.receipt_id,
    row.payload,
  ]);
