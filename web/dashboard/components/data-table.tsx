import type { ComponentChildren } from "preact";
import { Button } from "./button.tsx";

export interface Column<Row> {
  /** Unique in the table. */
  key: string;
  title: string;
  cell(row: Row): ComponentChildren;
  /** Right-aligned, with figures of the same width. */
  isNumber?: boolean;
  /** Names the row: a header cell. One column should. */
  isHeader?: boolean;
  /** Not shown on a narrow screen. */
  isMinor?: boolean;
}

interface Props<Row> {
  /** What the table shows, for those who don't see the page around it. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey(row: Row): string;
  /** Marks the row that is shown beside the table. */
  isSelected?(row: Row): boolean;
  rowClass?(row: Row): string | undefined;
}

/** A table that scrolls sideways by itself where it is too wide, so that the page does not. */
export function DataTable<Row>({ caption, columns, rows, rowKey, isSelected, rowClass }: Props<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <section class="table" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" class={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={rowKey(row)}
              class={rowClass?.(row)}
              aria-current={isSelected?.(row) ? "true" : undefined}
            >
              {columns.map((column) =>
                column.isHeader ? (
                  <th key={column.key} scope="row" class={classOf(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.key} class={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const classOf = ({ isNumber, isMinor }: { isNumber?: boolean; isMinor?: boolean }): string | undefined =>
  [isNumber && "number", isMinor && "minor"].filter(Boolean).join(" ") || undefined;

/** Continues a list by its cursor. */
export function LoadMore({ pages }: { pages: { hasMore: boolean; isLoading: boolean; loadMore(): void } }) {
  if (!pages.hasMore) return null;
  return (
    <p class="load-more">
      <Button isBusy={pages.isLoading} onClick={pages.loadMore}>
        Load more
      </Button>
    </p>
  );
}
