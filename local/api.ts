/** Runs the HTTP functions in a process of their own: behind Weir's gateway, or in serverless-offline. */

import { spawn } from "node:child_process";
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { howItEnds } from "../lib/base/child.ts";
import { currentLog, putAside } from "./log-files.ts";
import {
  commandLine,
  endProcess,
  killGroup,
  type LocalServer,
  lastLines,
  once,
  waitUntil,
} from "./process.ts";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const LOG_TO_FILES = new URL("log-to-files.ts", import.meta.url).href;
const START_TIMEOUT_MS = 120_000;

export interface ApiOptions {
  /** `serve`: Weir's gateway, with workers and schedules. `offline`: serverless-offline, with schedules only. */
  gateway: "serve" | "offline";
  httpPort: number;
  /** With `offline`: the port of its Lambda API. */
  lambdaPort: number;
  /** Folder for the functions' bundles and the log. */
  dataDir: string;
  /** Environment variables of the functions. */
  environment: Record<string, string | undefined>;
  /** With `offline`: folder of the `serverless.yml` to run; by default this project's. */
  project?: string;
  signal?: AbortSignal | undefined;
}

export interface ApiProcess extends LocalServer {
  /** Resolves when it answers; rejects with its last log lines if it ends before. */
  ready: Promise<void>;
  logFile: string;
}

/** What to call it in messages. */
export const API_NAMES = { serve: "The server", offline: "serverless-offline" } as const;

/** URL at which serverless-offline's Lambda API invokes a function of `serverless.yml`. */
export const invocationUrl = (lambdaPort: number, name: string): string =>
  `http://127.0.0.1:${lambdaPort}/2015-03-31/functions/weir-local-${name}/invocations`;

/** Folder of the current and earlier logs. */
export const logFolder = (dataDir: string): string => join(dataDir, "logs");

const pidFile = (dataDir: string): string => join(dataDir, "api.pid");

/** Ends a process that an earlier, killed run left behind on the same data folder. */
export async function endLeftoverApi(dataDir: string, say: (line: string) => void): Promise<void> {
  const pid = Number(await readFile(pidFile(dataDir), "utf8").catch(() => "0"));
  if (pid <= 0 || !/serverless\.js offline start|serve[\\/]main\.ts/.test(await commandLine(pid))) return;
  say(`Stopping a server that an earlier run left behind (process ${pid})`);
  await endProcess(pid, "SIGTERM", 5_000, "SIGKILL");
  killGroup(pid);
}

interface Program {
  args: string[];
  cwd: string;
  environment: Record<string, string>;
}

const serveProgram = ({ httpPort }: ApiOptions): Program => ({
  args: [join(PROJECT, "serve", "main.ts")],
  cwd: PROJECT,
  environment: {
    HTTP_PORT: String(httpPort),
    HTTP_HOST: "127.0.0.1",
    SERVE: "all",
    // The schema is brought up to date before.
    MIGRATE: "false",
    CHECKPOINT_MINUTES: "1",
    SHUTDOWN_GRACE_SECONDS: "0",
  },
});

const offlineProgram = ({ httpPort, lambdaPort, dataDir, project = PROJECT }: ApiOptions): Program => ({
  args: [
    createRequire(import.meta.url).resolve("serverless/bin/serverless.js"),
    ...["offline", "start", "--stage", "local", "--noSponsor"],
    ...["--httpPort", String(httpPort), "--lambdaPort", String(lambdaPort)],
  ],
  cwd: project,
  environment: {
    // The default logs four lines per request, which cost time and disk space.
    SLS_LOG_LEVEL: "warning",
    WEIR_BUILD_DIR: relative(project, join(dataDir, "build")),
  },
});

/** Starts it and returns at once; wait for `ready` before calling it. */
export async function startApi(options: ApiOptions): Promise<ApiProcess> {
  const { gateway, httpPort, dataDir, environment, signal } = options;
  const program = gateway === "serve" ? serveProgram(options) : offlineProgram(options);
  const logs = logFolder(dataDir);
  const logFile = currentLog(logs);
  await mkdir(join(logs, "background"), { recursive: true });
  // A new log for each start, so that its last lines belong to this start.
  putAside(logs, true);
  const log = await open(logFile, "a", 0o600);
  const child = spawn(process.execPath, ["--import", LOG_TO_FILES, ...program.args], {
    cwd: program.cwd,
    // Its own process group: Ctrl-C in the terminal reaches this process only, which stops everything in order.
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: {
      ...environment,
      ...program.environment,
      WEIR_LOG_DIR: logs,
    },
  });
  const { pid } = child;
  const exited = howItEnds(child).finally(() => {
    // Its children, such as the bundler's service, would outlive a kill for a while.
    if (pid !== undefined) killGroup(pid);
    return log.close();
  });
  const name = API_NAMES[gateway];
  if (pid === undefined) throw new Error(`${name} could not be started: ${await exited}`);
  await writeFile(pidFile(dataDir), String(pid));
  const url = `http://127.0.0.1:${httpPort}`;
  const aborted = new Promise((resolve) => {
    if (signal?.aborted) resolve(undefined);
    signal?.addEventListener("abort", resolve, { once: true });
  });
  const complaint = async (): Promise<Error> =>
    new Error(`${name} did not start. Its last log lines:\n${await lastLines(logFile, 15)}`);
  const answers = async (): Promise<boolean> => {
    // If serverless-offline's bundler fails, its service keeps the process alive.
    if (gateway === "offline" && /^Error:$/m.test(await readFile(logFile, "utf8"))) throw await complaint();
    return fetch(`${url}/health/live`, { signal: AbortSignal.timeout(5_000) }).then(
      (response) => response.ok,
      () => false,
    );
  };
  const up = waitUntil(answers, START_TIMEOUT_MS, Promise.race([exited, aborted]));
  const ready = up.then(async (isUp) => {
    if (!isUp) throw await complaint();
  });
  const stop = once(() => endProcess(pid, "SIGTERM", gateway === "serve" ? 40_000 : 5_000, "SIGKILL"));
  return { url, port: httpPort, pid, exited, ready, logFile, stop };
}
