/** How far a file was sent, kept in a file, so that an interrupted run continues. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { stateFolder } from "../settings.ts";

export interface SendState {
  version: 1;
  /** The input's path, or `-`. */
  input: string;
  url: string;
  /** Hash of the beginning of the file, and how many bytes that is; null for standard input. */
  fingerprint: { bytes: number; sha256: string } | null;
  /** When the first run began. */
  startedAt: string;
  /** All records up to this one have an outcome. */
  done: number;
  /** How many of them were rejected, and the size of the file that has them. */
  rejected: number;
  rejectedBytes: number;
}

/** Most bytes of the beginning that identify a file. */
const FINGERPRINT_BYTES = 65_536;

/** Where the state of sending a file to a system is kept, if the command does not say. @param settings that change the events */
export function stateFile(input: string, url: string, settings: object): string {
  const name = createHash("sha256")
    .update(JSON.stringify([resolve(input), url, settings]))
    .digest("hex");
  return join(stateFolder(), "send", `${name.slice(0, 32)}.json`);
}

/** @param bytes at most this many; by default as many as identify a file */
export async function fingerprint(
  file: string,
  bytes = FINGERPRINT_BYTES,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let read = 0;
  if (bytes > 0)
    for await (const chunk of createReadStream(file, { end: bytes - 1 })) {
      hash.update(chunk as Buffer);
      read += (chunk as Buffer).length;
    }
  return { bytes: read, sha256: hash.digest("hex") };
}

/** @returns undefined if there is no state, or it is not one */
export async function readState(file: string): Promise<SendState | undefined> {
  try {
    const state = JSON.parse(await readFile(file, "utf8")) as SendState;
    const numbers = [state.done, state.rejected, state.rejectedBytes];
    return state.version === 1 && numbers.every(Number.isSafeInteger) ? state : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Replaces the file in one step, so that a crash leaves the former state or this one. */
export async function writeState(file: string, state: SendState): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.${process.pid}`;
  await writeFile(next, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(next, file);
}

export const removeState = (file: string): Promise<void> => rm(file, { force: true });
