/** Processes, ports and log files of the servers that Weir runs on one machine. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A server on 127.0.0.1 that this process started. */
export interface LocalServer {
  url: string;
  port: number;
  pid: number;
  /** Resolves with how it ended, whatever ended it. */
  exited: Promise<string>;
  /** Shuts it down and resolves when it has ended; a second call waits for the first. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** The server's own folder; created if missing. */
  dataDir: string;
  /** 0: the port of the last start if it is free, otherwise any free one. */
  port: number;
  /** Called with each line of progress. */
  log: (line: string) => void;
  /** The server's settings, by its own names; they override ours. */
  settings?: Record<string, string>;
}

/** The command line of a running process; empty if there is no such process or it is a zombie. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform === "linux")
    return readFile(`/proc/${pid}/cmdline`, "utf8").then(
      (text) => text.replaceAll("\0", " ").trim(),
      () => "",
    );
  return new Promise((resolve) => {
    execFile("ps", ["-o", "command=", "-p", String(pid)], (error, stdout) =>
      resolve(error ? "" : stdout.trim()),
    );
  });
}

/**
 * Sends `signal`, and after `graceMs` `force` if the process still runs; resolves when it has ended.
 * @throws if it still runs 5 s after `force`
 */
export async function endProcess(
  pid: number,
  signal: NodeJS.Signals,
  graceMs: number,
  force: NodeJS.Signals,
): Promise<void> {
  for (const [word, waitMs] of [
    [signal, graceMs],
    [force, 5_000],
  ] as const) {
    if (!sendSignal(pid, word)) return;
    for (const deadline = Date.now() + waitMs; Date.now() < deadline; await sleep(20))
      if ((await commandLine(pid)) === "") return;
  }
  throw new Error(`Process ${pid} does not end, not even on ${force}.`);
}

function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Kills a process group, given its leader. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has already ended.
  }
}

/** True if a server could now listen on this port of 127.0.0.1. */
export const isPortFree = (port: number): Promise<boolean> =>
  listenOnce(port).then(
    () => true,
    () => false,
  );

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}

/**
 * The port to listen on: `requested`, or for 0 the one saved in `file` if it is free, otherwise any free one, which is
 * saved there. So URLs usually survive a restart.
 */
export async function choosePort(file: string, requested: number): Promise<number> {
  if (requested > 0) return requested;
  const noted = Number(await readFile(file, "utf8").catch(() => "0"));
  if (Number.isInteger(noted) && noted > 0 && noted < 65_536 && (await isPortFree(noted))) return noted;
  const port = await listenOnce(0);
  await writeFile(file, String(port));
  return port;
}

/** The last lines of a log file, without stack traces and tables; empty if there is no such file. */
export async function lastLines(file: string, count: number): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !/^(?:\s+at |[┌│└])/.test(line));
  return lines.slice(-count).join("\n");
}

/** Calls `check` every 25 ms until it is true; false if `timeoutMs` passes or `exited` resolves first. */
export async function waitUntil(
  check: () => Promise<boolean>,
  timeoutMs: number,
  exited: Promise<unknown>,
): Promise<boolean> {
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  for (const deadline = Date.now() + timeoutMs; !ended && Date.now() < deadline; await sleep(25))
    if (await check()) return true;
  return false;
}

/** Runs `action` on the first call; later calls return the same promise. */
export function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= action();
    return running;
  };
}
