/** Lists that come in pages, printed as they come. */
import type { Command } from "commander";
import { wholeNumber } from "../options/parsers.ts";
import { note } from "../output/note.ts";
import { type Output, openList } from "../output/output.ts";
import type { Column } from "../output/table.ts";

export interface PageOptions {
  limit?: number;
  all?: boolean;
}

/** Most rows of one call. */
const MOST_PER_CALL = 1_000;
const DEFAULT_LIMIT = 50;

/** @param subject such as "events" */
export const addPaging = (command: Command, subject: string): Command =>
  command
    .option("--limit <number>", `most ${subject} to show (default: ${DEFAULT_LIMIT})`, wholeNumber)
    .option("--all", `all ${subject}, however many pages they take`);

interface Page<Row> {
  rows: readonly Row[];
  cursor: string | null;
  /** Other members of the response; those of the first page are shown. */
  rest?: object;
}

interface ListOf<Row> extends PageOptions {
  /** The member of the response that has the rows. */
  name: string;
  columns: readonly Column<Row>[];
  /** What to say if there is nothing. */
  empty: string;
}

/**
 * Reads and prints pages until there are enough rows, or the reader is gone.
 * @param read the page after a cursor, of at most `limit` rows
 */
export async function printPages<Row>(
  output: Output,
  { name, columns, empty, all = false, limit }: ListOf<Row>,
  read: (page: { limit: number; cursor?: string }) => Promise<Page<Row>>,
): Promise<void> {
  let left = limit ?? (all ? Number.POSITIVE_INFINITY : DEFAULT_LIMIT);
  let page = await read({ limit: Math.min(left, MOST_PER_CALL) });
  const { rest = {} } = page;
  // After the first page, so that an error does not open a pager.
  const list = openList(output, name, columns);
  for (;;) {
    await list.add(page.rows);
    left -= page.rows.length;
    if (page.cursor === null || left <= 0 || list.isClosed) break;
    page = await read({ limit: Math.min(left, MOST_PER_CALL), cursor: page.cursor });
  }
  await list.end({ ...rest, next_cursor: page.cursor }, empty);
  if (page.cursor !== null && limit === undefined && !output.json && !list.isClosed)
    note("There are more: use --limit, or --all.");
}
