/** Events as files, piece by piece, in memory that does not grow with them. */
import type { Call } from "./api.ts";
import { clientFilter } from "./client-filter.ts";
import type * as contract from "./contract/export.ts";
import { csvLine } from "./csv.ts";
import { decodeCursor, linkNext } from "./cursor.ts";
import type { Deps } from "./deps.ts";
import { cursorAfter, EVENT_CURSOR, storedJson } from "./events.ts";
import type { ApiResponse } from "./http.ts";
import { type EventFilter, streamEvents } from "./sql/list-events.ts";
import type { StoredEventRow } from "./sql/stored-event.ts";
import { shortenTime } from "./time.ts";

export type ExportFormat = "ndjson" | "csv";

/**
 * Most bytes of a piece as a function answers it, inside a string of JSON: of the 6 MiB that an answer may have. An
 * event that is larger stands alone; 1 MiB of quotation marks becomes 4 MiB as CSV.
 */
const MAX_PIECE_BYTES = 4_000_000;

const MEDIA_TYPES = { ndjson: "application/x-ndjson", csv: "text/csv; charset=utf-8" } as const;

export interface Piece {
  text: string;
  events: number;
  /** Leads to the next piece; null on the last. */
  cursor: string | null;
}

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
  const lines: string[] = format === "csv" && after === undefined ? [csvLine(COLUMNS)] : [];
  const toLine = format === "csv" ? csvOf : (row: StoredEventRow) => `${storedJson(row)}\n`;
  let events = 0;
  let bytes = 0;
  let last: StoredEventRow | undefined;
  // One more than asked for tells whether there is a next piece.
  for await (const rows of streamEvents(sql, { ...filter, after }, limit + 1))
    for (const row of rows) {
      const line = toLine(row);
      bytes += Buffer.byteLength(JSON.stringify(line));
      if (last && (events === limit || bytes > MAX_PIECE_BYTES))
        return { text: lines.join(""), events, cursor: cursorAfter(last) };
      lines.push(line);
      events += 1;
      last = row;
    }
  return { text: lines.join(""), events, cursor: null };
}

/** @throws {Problem} `insufficient-scope`, and as `exportPiece` does */
export async function exportEvents(call: Call<typeof contract.exportEvents>): Promise<ApiResponse> {
  const { deps, query, request } = call;
  const { event_type: eventType, start, end, where, format } = query;
  const filter = { clientId: clientFilter(call), eventType, start, end, where };
  const { text, cursor } = await exportPiece(deps, filter, query);
  return {
    status: 200,
    headers: {
      "content-type": MEDIA_TYPES[format],
      "content-disposition": `attachment; filename="events.${format}"`,
      ...(cursor !== null && { "x-next-cursor": cursor }),
      ...linkNext(request, cursor),
    },
    body: text,
  };
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
