/** Lines of CSV as defined by RFC 4180: https://www.rfc-editor.org/rfc/rfc4180 */

/**
 * Text that spreadsheets interpret as a formula, which could send the content of other cells to an attacker.
 * https://owasp.org/www-community/attacks/CSV_Injection
 * The last four are full-width =, +, - and @, escaped: one character beyond Latin-1 doubles a bundle in V8's memory.
 */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/**
 * A line with its line end. Text that begins like a formula gets a leading apostrophe, which spreadsheets do not show; so
 * does text that begins with an apostrophe, so that removing one always restores what was stored.
 */
export const csvLine = (cells: readonly (string | number)[]): string => `${cells.map(csvCell).join(",")}\r\n`;

function csvCell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) || value.startsWith("'") ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
