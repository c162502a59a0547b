/** Downloads files piece by piece, in memory that does not grow with the file. */
import { linkNext } from "./cursor.ts";
import type { ApiRequest, ApiResponse } from "./gateway.ts";

export type ExportFormat = "ndjson" | "csv";

/**
 * Maximum bytes of a piece as a JSON string, as the function returns it; a response may have 6 MiB. A larger row is a
 * piece by itself; an event with 1 MiB of quotation marks becomes 4 MiB as CSV.
 */
export const MAX_PIECE_BYTES = 4_000_000;

const MEDIA_TYPES = { ndjson: "application/x-ndjson", csv: "text/csv; charset=utf-8" } as const;

export interface Piece {
  text: string;
  /** Rows of the file's subject: events, or audit entries. */
  rows: number;
  /** Leads to the next piece; null on the last. */
  cursor: string | null;
}

interface Cut<Row> {
  /** Precedes the first row. */
  head?: string | undefined;
  /** Undefined for a row that was not read, since it is beyond the piece. */
  toText: (row: Row) => string | undefined;
  /** How many rows of `limit` it counts as; 1 by default. */
  count?: (row: Row) => number;
  /** Maximum number of rows. */
  limit: number;
  cursorAfter: (row: Row) => string;
  /** Deadline, in milliseconds since the Unix epoch. */
  endsAt?: number;
}

/** @param pages the rest of the file */
export async function cutPiece<Row>(
  pages: AsyncIterable<readonly Row[]>,
  { head = "", toText, count = () => 1, limit, cursorAfter, endsAt = Number.POSITIVE_INFINITY }: Cut<Row>,
): Promise<Piece> {
  const texts = [head];
  let rows = 0;
  let bytes = 0;
  let last: Row | undefined;
  for await (const page of pages)
    for (const row of page) {
      const text = toText(row);
      bytes += Buffer.byteLength(JSON.stringify(text ?? ""));
      const full =
        text === undefined || rows + count(row) > limit || bytes > MAX_PIECE_BYTES || Date.now() > endsAt;
      if (last !== undefined && full) return { text: texts.join(""), rows, cursor: cursorAfter(last) };
      if (text === undefined) throw new Error("The first row of a piece was not read.");
      texts.push(text);
      rows += count(row);
      last = row;
    }
  return { text: texts.join(""), rows, cursor: null };
}

/** A piece as an API response. @param name the file's name without its extension */
export function pieceResponse(
  request: ApiRequest,
  { text, cursor }: Piece,
  name: string,
  format: ExportFormat,
): ApiResponse {
  return {
    status: 200,
    headers: {
      "content-type": MEDIA_TYPES[format],
      "content-disposition": `attachment; filename="${name}.${format}"`,
      ...(cursor !== null && { "x-next-cursor": cursor }),
      ...linkNext(request, cursor),
    },
    body: text,
  };
}
export const exportFormats = ["ndjson", "csv"] as const;
/** Maximum events of a piece; their size may end it earlier. */
export const MAX_EXPORTED = 10000;
