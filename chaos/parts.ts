/** Processes of the system under test: restarted when they end; each can be killed and frozen. */

import { type ChildProcess, spawn } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { howItEnds } from "../lib/base/child.ts";
import { endProcess, type LocalServer, lastLines, once } from "../local/process.ts";
import { supervise, type Teardown } from "../local/supervise.ts";

export interface Part {
  name: string;
  /** Its listening port; 0 if it has none. */
  port: number;
  url: string;
  /** The current process and all its children. */
  pids(): Promise<number[]>;
  /** Kills it immediately; it restarts about a second later. */
  kill(): void;
  freeze(): Promise<void>;
  thaw(): void;
}

interface Options {
  name: string;
  start: (port: number) => Promise<LocalServer>;
  teardown: Teardown;
  say: (line: string) => void;
  giveUp: (error: Error) => void;
}

/** Starts a part and keeps it running. */
export async function startPart({ name, start, teardown, say, giveUp }: Options): Promise<Part> {
  let current: LocalServer | undefined;
  const frozen = new Set<number>();
  const thaw = (): void => {
    for (const pid of frozen) signal(pid, "SIGCONT");
    frozen.clear();
  };
  const server = await supervise(
    name,
    async (port) => {
      current = await start(port);
      return current;
    },
    say,
    giveUp,
  );
  teardown.add(
    name,
    () => {
      thaw();
      return server.stop();
    },
    server.kill,
  );
  const pid = (): number => current?.pid ?? 0;
  const pids = async (): Promise<number[]> => [pid(), ...(await childrenOf(pid()))];
  return {
    name,
    port: current?.port ?? 0,
    url: server.url,
    pids,
    kill: () => void signal(pid(), "SIGKILL"),
    freeze: async () => {
      for (const one of await pids()) if (signal(one, "SIGSTOP")) frozen.add(one);
    },
    thaw,
  };
}

/** @returns false if there is no such process */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return pid > 0 && process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Children are found on Linux only. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
}

const START_TIMEOUT_MS = 60_000;

interface ChildOptions {
  /** Module in `chaos/processes/`. */
  module: string;
  words: readonly string[];
  environment: Record<string, string>;
  /** Receives its output, across restarts, which may be the only copy of audit rows that could not be queued. */
  logFile: string;
  port: number;
  /** File URLs of modules to load before the process's own. */
  preload?: readonly string[];
  /** Called with each new process. */
  started?: (child: ChildProcess) => void;
}

/** Starts one of our own processes, which sends `ready` when it is usable. */
export async function startChild(options: ChildOptions): Promise<LocalServer> {
  const { module, words, environment, logFile, port, preload = [], started } = options;
  const log = await open(logFile, "a", 0o600);
  const entry = fileURLToPath(new URL(`processes/${module}.ts`, import.meta.url));
  const child = spawn(process.execPath, [...preload.map((url) => `--import=${url}`), entry, ...words], {
    // Its own process group: Ctrl-C must not end it before its clients.
    detached: true,
    stdio: ["ignore", log.fd, log.fd, "ipc"],
    env: { ...process.env, ...environment },
  });
  const exited = howItEnds(child).finally(() => log.close());
  const { pid } = child;
  if (pid === undefined) throw new Error(`${module} could not be started: ${await exited}`);
  child.on("error", () => {});
  const stop = once(() => endProcess(pid, "SIGTERM", 5_000, "SIGKILL"));
  const ready = new Promise<true>((resolve) => child.once("message", () => resolve(true)));
  const late = new Promise<string>((resolve) => {
    setTimeout(() => resolve(`not ready after ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS).unref();
  });
  const outcome = await Promise.race([ready, exited, late]);
  if (outcome !== true) {
    await stop();
    throw new Error(`${module} did not start (${outcome}):\n${await lastLines(logFile, 10)}`);
  }
  started?.(child);
  return { url: `http://127.0.0.1:${port}`, port, pid, exited, stop };
}
