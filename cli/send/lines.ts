/** Lines of a stream of bytes, each decoded by itself, so that a fault in one does not affect the others. */
import type { Raw } from "./record.ts";

/** Longest line that is kept: the API takes requests of 1 MiB. */
const LONGEST = 8 * 1_048_576;
const LINE_FEED = 0x0a;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Lines that are not blank. */
export async function* readLines(bytes: AsyncIterable<Buffer>): AsyncGenerator<Raw> {
  let number = 0;
  let parts: Buffer[] = [];
  let size = 0;
  const take = (): Raw | undefined => {
    const raw = decode(++number, parts, size);
    parts = [];
    size = 0;
    return raw;
  };
  const add = (part: Buffer): void => {
    size += part.length;
    if (size <= LONGEST) parts.push(part);
  };
  for await (const chunk of bytes) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      add(chunk.subarray(from, at));
      const raw = take();
      if (raw) yield raw;
      from = at + 1;
    }
    add(chunk.subarray(from));
  }
  const last = take();
  if (last) yield last;
}

function decode(line: number, parts: readonly Buffer[], size: number): Raw | undefined {
  if (size > LONGEST) return { line, text: "", fault: `The line has more than ${LONGEST} bytes.` };
  const bytes = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  try {
    const text = utf8.decode(bytes).trim();
    return text === "" ? undefined : { line, text };
  } catch {
    return { line, text: bytes.toString("latin1"), fault: "The line is not UTF-8." };
  }
}
