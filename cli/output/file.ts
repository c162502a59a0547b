/** Files that come in pieces. */
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { cleaningUp, interrupted } from "../interrupt.ts";

/** Writes texts with backpressure. @param out file; standard output if undefined */
export async function writeOut(texts: AsyncIterable<string>, out: string | undefined): Promise<void> {
  const pieces = Readable.from(texts);
  if (out === undefined) return pipeline(pieces, process.stdout, { end: false });
  // The file gets its final name only when complete.
  const partial = `${out}.partial`;
  await cleaningUp(async () => {
    try {
      await pipeline(pieces, createWriteStream(partial), { signal: interrupted });
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    await rename(partial, out);
  });
}

interface Piece {
  text: string;
  cursor: string | undefined;
}

/** Follows the cursor from piece to piece and shows progress. @param subject name of the rows, such as "events" */
export async function* everyPiece(
  subject: string,
  countRows: (text: string) => number,
  read: (cursor: string | undefined) => Promise<Piece>,
): AsyncGenerator<string> {
  const progress = showProgress(subject);
  let cursor: string | undefined;
  do {
    const piece = await read(cursor);
    progress.add(countRows(piece.text), Buffer.byteLength(piece.text));
    yield piece.text;
    cursor = piece.cursor;
  } while (cursor !== undefined);
  progress.end();
}

/** On standard error, so that standard output is only the file: an updated line in a terminal, else one final line. */
function showProgress(subject: string): { add: (rows: number, bytes: number) => void; end: () => void } {
  const total = { rows: 0, bytes: 0 };
  const text = (): string => `${total.rows} ${subject}, ${(total.bytes / 1_000_000).toFixed(1)} MB`;
  return {
    add(rows, bytes) {
      total.rows += rows;
      total.bytes += bytes;
      if (process.stderr.isTTY) process.stderr.write(`\r${text()}`);
    },
    end() {
      process.stderr.write(process.stderr.isTTY ? "\n" : `${text()}\n`);
    },
  };
}

/** Lines that begin with a text. */
export const countLines = (text: string, start = ""): number =>
  text.split("\n").filter((line) => line !== "" && line.startsWith(start)).length;

/** Counts the records of a CSV file that comes in pieces, without its head. A quoted cell may contain line breaks. */
export function countCsvRows(): (text: string) => number {
  let head = 1;
  return (text) => {
    const records = text.replaceAll(/"[^"]*"/g, "").split("\n").length - 1;
    const rows = Math.max(0, records - head);
    head = 0;
    return rows;
  };
}
