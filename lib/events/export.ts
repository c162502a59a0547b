/** Exports events as files, piece by piece, in memory that does not grow with the file. */

import { clientFilter } from "../auth/client-filter.ts";
import { csvLine } from "../base/csv.ts";
import { type Instant, shortenTime } from "../base/time.ts";
import { fromStoredTrace } from "../base/trace-context.ts";
import type { Call } from "../http/call.ts";
import { decodeCursor } from "../http/cursor.ts";
import { cutPiece, type ExportFormat, MAX_PIECE_BYTES, type Piece, pieceResponse } from "../http/download.ts";
import type { ApiResponse } from "../http/gateway.ts";
import type { Database } from "../postgres/client.ts";
import { clampStart } from "../storage/horizon.ts";
import { readClock } from "../storage/sql/horizon.ts";
import { cursorAfter, EVENT_CURSOR, storedJson, wasRead } from "./events.ts";
import type * as contract from "./export-contract.ts";
import { startOfNewest } from "./newest.ts";
import { type EventFilter, streamEvents } from "./sql/list-events.ts";
import type { StoredEventRow } from "./sql/stored-event.ts";

interface PieceOptions {
  format: ExportFormat;
  /** Maximum number of events. */
  limit: number;
  /** The previous piece's cursor. */
  cursor?: string | undefined;
}

/** A piece of a file of events, newest first. @throws {Problem} `invalid-parameter`, `query-too-broad` */
export async function exportPiece(
  { sql }: { sql: Database },
  { start, ...filter }: Omit<EventFilter, "after" | "start"> & { start: Instant | undefined },
  { format, limit, cursor }: PieceOptions,
): Promise<Piece> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor, EVENT_CURSOR);
  const { horizon, nowMs } = await readClock(sql);
  const all = { ...filter, start: clampStart(start, horizon), after };
  // One row more than requested shows whether there is a next piece.
  const limits = { rows: limit + 1, bytes: MAX_PIECE_BYTES };
  const from = await startOfNewest(sql, all, limits.rows, nowMs);
  const toText = format === "csv" ? csvOf : (row: StoredEventRow) => `${storedJson(row)}\n`;
  return cutPiece(streamEvents(sql, all, limits, from), {
    head: format === "csv" && after === undefined ? csvLine(COLUMNS) : "",
    toText: (row) => (wasRead(row) ? toText(row) : undefined),
    limit,
    cursorAfter,
  });
}

/** @throws {Problem} `insufficient-scope`, and as `exportPiece` does */
export async function exportEvents(
  call: Call<{ sql: Database }, typeof contract.exportEvents>,
): Promise<ApiResponse> {
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
  "traceparent",
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
    row.trace === "" ? "" : fromStoredTrace(row.trace),
  ]);
