/** Processes, ports and log files of the servers that run beside Weir on one machine. */
import { type ChildProcess, execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A server on 127.0.0.1 that this process started. */
export interface LocalServer {
  url: string;
  port: number;
  pid: number;
  /** Resolves with how it ended, whoever ended it. */
  exited: Promise<string>;
  /** Ends it in order and resolves when it is gone; a second call waits for the first. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Folder of its own; made if missing. */
  dataDir: string;
  /** 0: the port of the last time if that is free, else any free one. */
  port: number;
  /** Told what is being done, a line at a time. */
  log: (line: string) => void;
  /** Settings of the server's own, by their own names, over ours. */
  settings?: Record<string, string>;
}

/** The command line of a running process; an empty string if there is none, or only its zombie. */
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
 * Sends `signal`, and `force` after `graceMs` if that was not enough; resolves when the process is gone.
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

/** Kills a process that leads a group, and its group. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone, which is what was asked for.
  }
}

/** Resolves with how the child ended: "exit code 1", "signal SIGKILL", or why it could not be started. */
export const howItEnds = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });

/** Whether a server could listen on this port of 127.0.0.1 now. */
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
 * The port to listen on: `requested`, or for 0 the one noted in `file` if it is free, else any free one, noted there.
 * So a URL that someone wrote down usually survives a restart.
 */
export async function choosePort(file: string, requested: number): Promise<number> {
  if (requested > 0) return requested;
  const noted = Number(await readFile(file, "utf8").catch(() => "0"));
  if (Number.isInteger(noted) && noted > 0 && noted < 65_536 && (await isPortFree(noted))) return noted;
  const port = await listenOnce(0);
  await writeFile(file, String(port));
  return port;
}

/** The end of a log file without stack traces and tables; an empty string if there is none. */
export async function lastLines(file: string, count: number): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !/^(?:\s+at |[┌│└])/.test(line));
  return lines.slice(-count).join("\n");
}

/** Calls `check` every 25 ms until it is true; false if `timeoutMs` passed or `exited` resolved before. */
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

/** Runs `action` at the first call; later calls get the same promise. */
export function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= action();
    return running;
  };
}
