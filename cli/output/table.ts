/** Tables as text: aligned for people, tab-separated for programs. */
import stringWidth from "string-width";
import { printable } from "./note.ts";
import type { Paint, Style } from "./style.ts";

export interface Column<Row> {
  head: string;
  of: (row: Row) => unknown;
  /** Numbers are aligned to the right. */
  right?: boolean;
  /** Colour of a cell, by its row. */
  style?: (row: Row) => Style | undefined;
}

/** What a table shows for a value: lists with commas, objects as JSON, a dash for nothing. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(",");
  return printable(typeof value === "object" ? JSON.stringify(value) : String(value));
}

export interface TableStyle {
  tsv: boolean;
  paint: Paint;
  /** Width of the terminal; lines are cut to it. Undefined: never cut. */
  width: number | undefined;
}

/** Writes rows in the order in which they come; columns may grow wider from one part to the next. */
export class Table<Row> {
  readonly #columns: readonly Column<Row>[];
  readonly #style: TableStyle;
  readonly #widths: number[];
  #isFirst = true;

  constructor(columns: readonly Column<Row>[], style: TableStyle) {
    this.#columns = columns;
    this.#style = style;
    this.#widths = columns.map(({ head }) => stringWidth(head));
  }

  /** Lines for the next rows, the head before the first of them. */
  lines(rows: readonly Row[]): string[] {
    const texts = rows.map((row) => this.#columns.map(({ of }) => cellText(of(row))));
    const heads = this.#isFirst ? [this.#columns.map(({ head }) => head)] : [];
    this.#isFirst = false;
    if (this.#style.tsv) return [...heads, ...texts].map((cells) => cells.join("\t"));
    for (const cells of texts)
      for (const [column, cell] of cells.entries())
        this.#widths[column] = Math.max(this.#widths[column] ?? 0, stringWidth(cell));
    return [
      ...heads.map((cells) => this.#line(cells, () => "bold")),
      ...texts.map((cells, index) =>
        this.#line(cells, (column) => this.#columns[column]?.style?.(rows[index] as Row)),
      ),
    ];
  }

  #line(cells: readonly string[], styleOf: (column: number) => Style | undefined): string {
    let left = this.#style.width ?? Number.POSITIVE_INFINITY;
    const parts: string[] = [];
    for (const [column, cell] of cells.entries()) {
      if (left <= 0) break;
      const isLast = column === cells.length - 1;
      const shown = cut(cell, left);
      const style = styleOf(column);
      const painted = style === undefined ? shown : this.#style.paint(style, shown);
      const room = (this.#widths[column] ?? 0) - stringWidth(shown);
      const padding = " ".repeat(Math.max(0, Math.min(room, left - stringWidth(shown))));
      const isRight = this.#columns[column]?.right;
      parts.push(isRight ? padding + painted : isLast ? painted : painted + padding);
      left -= (this.#widths[column] ?? 0) + 2;
    }
    return parts.join("  ").trimEnd();
  }
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The text in at most `width` columns, with an ellipsis if it was longer. */
export function cut(text: string, width: number): string {
  if (text.length <= width && stringWidth(text) <= width) return text;
  if (stringWidth(text) <= width) return text;
  let shown = "";
  let used = 1;
  for (const { segment } of graphemes.segment(text)) {
    used += stringWidth(segment);
    if (used > width) break;
    shown += segment;
  }
  return `${shown}…`;
}
