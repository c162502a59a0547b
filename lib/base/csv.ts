/** Lines of CSV as RFC 4180 has them: https://www.rfc-editor.org/rfc/rfc4180 */

/**
 * What spreadsheets take for a formula, which then could send away what stands in other cells.
 * https://owasp.org/www-community/attacks/CSV_Injection
 * The last four are =, +, - and @ in full width, by number: one character beyond Latin-1 doubles a bundle in V8's memory.
 */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/**
 * A line with its end. A text that begins like a formula gets an apostrophe before it, which spreadsheets do not show; so
 * does one that begins with an apostrophe, so that a reader who takes one off always has what was stored.
 */
export const csvLine = (cells: readonly (string | number)[]): string => `${cells.map(csvCell).join(",")}\r\n`;

function csvCell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) || value.startsWith("'") ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
