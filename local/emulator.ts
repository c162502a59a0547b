/** Runs serverless-offline, which emulates API Gateway and Lambda, in its own process. */
import { spawn } from "node:child_process";
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { currentLog, putAside } from "./log-files.ts";
import {
  commandLine,
  endProcess,
  howItEnds,
  killGroup,
  type LocalServer,
  lastLines,
  once,
  waitUntil,
} from "./process.ts";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const START_TIMEOUT_MS = 120_000;

export interface EmulatorOptions {
  httpPort: number;
  lambdaPort: number;
  /** Folder for the functions' bundles and the log. */
  dataDir: string;
  /** Environment variables of the functions. */
  environment: Record<string, string | undefined>;
  /** Folder of the `serverless.yml` to run; by default this project's. */
  project?: string;
  signal?: AbortSignal | undefined;
}

export interface Emulator extends LocalServer {
  /** Resolves when it answers; rejects with its last log lines if it ends before. */
  ready: Promise<void>;
  logFile: string;
}

/** URL at which the emulator's Lambda API invokes a function of `serverless.yml`. */
export const invocationUrl = (lambdaPort: number, name: string): string =>
  `http://127.0.0.1:${lambdaPort}/2015-03-31/functions/weir-local-${name}/invocations`;

/** Folder of the emulator's current and earlier logs. */
export const logFolder = (dataDir: string): string => join(dataDir, "logs");

const pidFile = (dataDir: string): string => join(dataDir, "serverless.pid");

/** Ends an emulator that an earlier, killed run left behind on the same data folder. */
export async function endLeftoverEmulator(dataDir: string, say: (line: string) => void): Promise<void> {
  const pid = Number(await readFile(pidFile(dataDir), "utf8").catch(() => "0"));
  if (pid <= 0 || !(await commandLine(pid)).includes("serverless.js offline start")) return;
  say(`Stopping a serverless-offline that an earlier run left behind (process ${pid})`);
  await endProcess(pid, "SIGTERM", 5_000, "SIGKILL");
  killGroup(pid);
}

/** Starts the emulator and returns at once; wait for `ready` before calling it. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { httpPort, lambdaPort, dataDir, environment, project = PROJECT, signal } = options;
  const logs = logFolder(dataDir);
  const logFile = currentLog(logs);
  await mkdir(logs, { recursive: true });
  // A new log for each start, so that its last lines belong to this start.
  putAside(logs, true);
  const log = await open(logFile, "a", 0o600);
  const serverless = createRequire(import.meta.url).resolve("serverless/bin/serverless.js");
  const ports = ["--httpPort", String(httpPort), "--lambdaPort", String(lambdaPort)];
  const child = spawn(
    process.execPath,
    [serverless, "offline", "start", "--stage", "local", "--noSponsor", ...ports],
    {
      cwd: project,
      // Its own process group: on Ctrl-C the event source finishes its invocation before the functions end.
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      env: {
        // The default logs four lines per request, which cost time and disk space.
        SLS_LOG_LEVEL: "warning",
        ...environment,
        WEIR_LOG_DIR: logs,
        WEIR_BUILD_DIR: relative(project, join(dataDir, "build")),
        // Caching compiled code makes the next start a second faster.
        NODE_COMPILE_CACHE: join(dataDir, "build", "cache"),
      },
    },
  );
  const { pid } = child;
  const exited = howItEnds(child).finally(() => {
    // The bundler's service is a separate child, which outlives a kill for a while.
    if (pid !== undefined) killGroup(pid);
    return log.close();
  });
  if (pid === undefined) throw new Error(`serverless-offline could not be started: ${await exited}`);
  await writeFile(pidFile(dataDir), String(pid));
  const url = `http://127.0.0.1:${httpPort}`;
  const aborted = new Promise((resolve) => {
    if (signal?.aborted) resolve(undefined);
    signal?.addEventListener("abort", resolve, { once: true });
  });
  const up = waitUntil(() => answers(url, logFile), START_TIMEOUT_MS, Promise.race([exited, aborted]));
  const ready = up.then(async (isUp) => {
    if (!isUp) throw new Error(await complaint(logFile));
  });
  return {
    url,
    port: httpPort,
    pid,
    exited,
    ready,
    logFile,
    stop: once(() => endProcess(pid, "SIGTERM", 5_000, "SIGKILL")),
  };
}

/** @throws if the log reports a failed start: if the bundler fails, its service keeps the process alive */
async function answers(url: string, logFile: string): Promise<boolean> {
  const log = await readFile(logFile, "utf8");
  if (/^Error:$/m.test(log)) throw new Error(await complaint(logFile));
  return fetch(`${url}/health/live`, { signal: AbortSignal.timeout(5_000) }).then(
    (response) => response.ok,
    () => false,
  );
}

const complaint = async (logFile: string): Promise<string> =>
  `serverless-offline did not start. Its last log lines:\n${await lastLines(logFile, 15)}`;
