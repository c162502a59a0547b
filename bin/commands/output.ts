import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Piece } from "../../lib/http/download.ts";

/** Writes text pieces with backpressure. @param out file; standard output if undefined */
export async function writeOut(texts: AsyncIterable<string>, out: string | undefined): Promise<void> {
  const pieces = Readable.from(texts);
  if (out === undefined) return pipeline(pieces, process.stdout, { end: false });
  // The file gets its final name only when complete.
  const partial = `${out}.partial`;
  try {
    await pipeline(pieces, createWriteStream(partial));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await rename(partial, out);
}

/** Follows the cursor from piece to piece and shows progress. @param subject name of the rows, such as "events" */
export async function* everyPiece(
  subject: string,
  read: (cursor: string | undefined) => Promise<Piece>,
): AsyncGenerator<string> {
  const progress = showProgress(subject);
  let cursor: string | undefined;
  do {
    const piece = await read(cursor);
    progress.add(piece.rows, Buffer.byteLength(piece.text));
    yield piece.text;
    cursor = piece.cursor ?? undefined;
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
