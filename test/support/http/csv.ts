/** Parses CSV by RFC 4180, character by character. @throws for text that is not such CSV */
export function parseCsv(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  let at = 0;
  while (at < text.length) {
    const quoted = /"((?:[^"]|"")*)"/y;
    const plain = /[^",\r\n]*/y;
    const cell = text[at] === '"' ? quoted : plain;
    cell.lastIndex = at;
    const match = cell.exec(text);
    if (!match) throw new Error(`No cell at ${at}.`);
    cells.push(match[1]?.replaceAll('""', '"') ?? match[0]);
    at += match[0].length;
    if (text[at] === ",") at += 1;
    else if (text.startsWith("\r\n", at)) {
      lines.push(cells);
      cells = [];
      at += 2;
    } else throw new Error(`No end of a cell at ${at}.`);
  }
  if (cells.length > 0) throw new Error("The last line has no end.");
  return lines;
}
