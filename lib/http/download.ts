/** Files piece by piece, in memory that does not grow with them. */
import { linkNext } from "./cursor.ts";
import type { ApiRequest, ApiResponse } from "./gateway.ts";

export type ExportFormat = "ndjson" | "csv";

/**
 * Most bytes of a piece as a function answers it, inside a string of JSON: of the 6 MiB that an answer may have. What
 * is larger by itself stands alone; an event with 1 MiB of quotation marks becomes 4 MiB as CSV.
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
  /** Stands before the first row. */
  head?: string | undefined;
  /** Undefined for a row that was not read, since it lies beyond the piece. */
  toText: (row: Row) => string | undefined;
  /** For how many rows of `limit` it counts; for one, when left out. */
  count?: (row: Row) => number;
  /** Most rows. */
  limit: number;
  cursorAfter: (row: Row) => string;
  /** When to end in any case, in milliseconds since the Unix epoch. */
  endsAt?: number;
}

/** @param pages all that is left of the file */
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

/** A piece as the API answers it. @param name of the file, without its ending */
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
/** Most events of a piece; it may end before for their size. */
export const MAX_EXPORTED = 10000;
