/** The input as bytes: decompressed, and counted before that for the progress. */
import { createReadStream } from "node:fs";
import { PassThrough, pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";

export interface Bytes {
  /** Decompressed. */
  stream: Readable;
  /** The first of them, to find out the format. */
  start: Buffer;
  /** How many were read of the file itself. */
  position(): number;
}

const GZIP = Buffer.from([0x1f, 0x8b]);

/** Opens a file, or standard input if undefined. @throws as the file system does */
export async function openBytes(file: string | undefined, signal: AbortSignal): Promise<Bytes> {
  const source: Readable =
    file === undefined ? process.stdin : createReadStream(file, { highWaterMark: 262_144 });
  let read = 0;
  const first = await firstChunk(source, signal);
  read += first.length;
  const counted = new PassThrough({ highWaterMark: 262_144 });
  counted.write(first);
  source.on("data", (chunk: Buffer) => {
    read += chunk.length;
  });
  const isGzip = first.subarray(0, 2).equals(GZIP);
  const ignore = (): void => {};
  // Errors reach the reader of the last stream.
  const stream = isGzip
    ? pipeline(source, counted, createGunzip(), ignore)
    : pipeline(source, counted, ignore);
  signal.addEventListener("abort", () => stream.destroy(), { once: true });
  const start = isGzip ? await firstChunk(stream, signal) : first;
  if (isGzip) stream.unshift(start);
  return { stream, start, position: () => read };
}

/** Waits for bytes without taking further ones. @returns no bytes at the end of the stream */
function firstChunk(stream: Readable, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done = (chunk: Buffer): void => {
      stream.pause();
      for (const [name, listener] of listeners) stream.off(name, listener);
      signal.removeEventListener("abort", stop);
      resolve(chunk);
    };
    const stop = (): void => done(Buffer.alloc(0));
    const listeners = [
      ["data", done],
      ["end", stop],
      ["error", reject],
    ] as const;
    for (const [name, listener] of listeners) stream.on(name, listener as never);
    signal.addEventListener("abort", stop);
  });
}
