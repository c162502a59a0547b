/** Downloads of what is shown. */
import { csvLine } from "../../../lib/base/csv.ts";
import { ExactNumber } from "../api/exact.ts";

export type Cell = string | number | ExactNumber | null | undefined;

/** CSV (RFC 4180) with a header. Text that a spreadsheet would run as a formula gets an apostrophe; numbers keep their digits. */
export const csvText = (header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [header, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");

/** A number needs no quotation marks, and a negative one is no formula. */
const csvCell = (cell: Cell): string =>
  cell instanceof ExactNumber ? cell.text : csvLine([cell ?? ""]).slice(0, -2);

/** Lets the browser save a text as a file. */
export function download(name: string, text: string, type = "text/csv"): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Some browsers read the blob only after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
