/** Bounds the log of a process from within: a pipe to another process would lose lines if that one is killed. */
import { closeSync, fstatSync, openSync, writeSync } from "node:fs";
import { NOT_QUEUED } from "../lib/audit/record/queue-row.ts";
import { currentLog, putAside } from "./log-files.ts";

/** Size at which the next log begins, in bytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Redirects the process's output to the log in this folder, whose size is bounded.
 * @param mostBytes size at which the next log begins
 */
export function printToLog(folder: string, mostBytes = MOST_BYTES): void {
  const log = new Log(folder, mostBytes);
  for (const stream of [process.stdout, process.stderr])
    stream.write = (chunk: string | Uint8Array, ...words: unknown[]): boolean => {
      const [encoding] = words;
      log.write(
        typeof chunk === "string"
          ? Buffer.from(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8")
          : chunk,
      );
      const done = words.find((word) => typeof word === "function");
      if (done) process.nextTick(done as () => void);
      return true;
    };
}

class Log {
  readonly #folder: string;
  readonly #mostBytes: number;
  #file: number;
  #bytes: number;
  /** Whether the log may contain unqueued audit rows; true for a non-empty file, since its content is unknown. */
  #unread: boolean;

  constructor(folder: string, mostBytes: number) {
    this.#folder = folder;
    this.#mostBytes = mostBytes;
    this.#file = openSync(currentLog(folder), "a", 0o600);
    this.#bytes = fstatSync(this.#file).size;
    this.#unread = this.#bytes > 0;
  }

  /** @param bytes one or more lines that the process printed at once */
  write(bytes: Uint8Array): void {
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#mostBytes) this.#begin();
    this.#unread ||= Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(NOT_QUEUED);
    writeSync(this.#file, bytes);
    this.#bytes += bytes.length;
  }

  #begin(): void {
    closeSync(this.#file);
    putAside(this.#folder, this.#unread);
    this.#file = openSync(currentLog(this.#folder), "a", 0o600);
    this.#bytes = 0;
    this.#unread = false;
  }
}
