/** Runs a Redis (or Valkey) server with the machine's `redis-server` or `valkey-server`. */

import { spawn } from "node:child_process";
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { howItEnds } from "../lib/base/child.ts";
import {
  choosePort,
  commandLine,
  endProcess,
  type LocalServer,
  lastLines,
  once,
  type ServerOptions,
  waitUntil,
} from "./process.ts";

/** Loading a large append-only file takes long. */
const START_TIMEOUT_MS = 60_000;
/**
 * Debian's tools package contains the server binary under a tool's name; the package `redis-server` only adds a link to
 * it, and an unwanted system service on port 6379.
 */
const PACKAGE = "redis-tools";
const BINARIES: readonly RedisBinary[] = [
  { command: "redis-server", argv0: "redis-server" },
  { command: "valkey-server", argv0: "valkey-server" },
  { command: "redis-check-rdb", argv0: "redis-server" },
];
const HOW_TO_GET_IT =
  "Weir needs a Redis server and found neither redis-server nor valkey-server on the PATH. Install one " +
  "(`brew install redis`, `sudo apt install redis-server`), or run `docker run -p 6379:6379 redis` and set " +
  "REDIS_URL=redis://127.0.0.1:6379.";
const SETTINGS = {
  bind: "127.0.0.1",
  daemonize: "no",
  logfile: "",
  // A 202 means durably queued, so every write is on disk before the reply; Redis syncs once for all commands of an
  // event-loop turn. Snapshots would only duplicate the file.
  appendonly: "yes",
  appendfsync: "always",
  save: "",
  // Running out of memory must cause an error, never a lost event.
  "maxmemory-policy": "noeviction",
  // A window of seen ids is one large key. Freeing it synchronously on expiry would block Redis for seconds.
  "lazyfree-lazy-expire": "yes",
};

/** The longest path of a Unix socket, in bytes, on Linux and macOS: both store it with a zero at its end. */
const LONGEST_SOCKET = 103;

export interface RedisServer extends LocalServer {
  /** Its Unix socket, which costs less processor time than TCP; undefined if it has none. */
  socketUrl: string | undefined;
}

/**
 * Starts Redis on 127.0.0.1 with its data in `dataDir` and its log in `dataDir/redis.log`, and on a Unix socket in
 * `dataDir` if that path is short enough and its file system has sockets. First ends a server that an earlier run left
 * behind.
 * @throws with the server's last log lines if it does not come up, or with how to install Redis if it is missing
 */
export async function startRedis(options: ServerOptions): Promise<RedisServer> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const binary = await ensureRedisBinary(options.log);
  await endLeftover(dataDir, options.log);
  let socket = socketIn(dataDir);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startServer(binary, dataDir, socket, options);
    } catch (error) {
      if (socket !== undefined && error instanceof Error && error.message.includes("Unix socket")) {
        socket = undefined;
        continue;
      }
      // Between choosing a free port and listening, another program may have taken it.
      const taken =
        options.port === 0 && error instanceof Error && error.message.includes("Address already in use");
      if (!taken || attempt === 3) throw error;
    }
  }
}

function socketIn(dataDir: string): string | undefined {
  const path = join(dataDir, "redis.sock");
  return process.platform === "win32" || Buffer.byteLength(path) > LONGEST_SOCKET ? undefined : path;
}

/** How to run a server; `argv0` is the program name passed to it. */
export interface RedisBinary {
  command: string;
  argv0: string;
}

/**
 * Finds a Redis server, or installs one from the distribution if possible.
 * @param say called before anything is installed
 * @throws with one sentence on how to get one
 */
export async function ensureRedisBinary(say: (line: string) => void): Promise<RedisBinary> {
  const present = await findBinary();
  if (present !== undefined) return present;
  if (process.getuid?.() !== 0 || !(await run("apt-get", ["--version"]))) throw new Error(HOW_TO_GET_IT);
  say("Installing Redis with apt-get (once; no system service is set up) …");
  if (!(await install())) {
    await run("apt-get", ["update"]);
    if (!(await install())) throw new Error(HOW_TO_GET_IT);
  }
  const installed = await findBinary();
  if (installed === undefined) throw new Error(HOW_TO_GET_IT);
  return installed;
}

async function findBinary(): Promise<RedisBinary | undefined> {
  for (const { command, argv0 } of BINARIES)
    if (await run(command, ["--version"], argv0)) return { command, argv0 };
  return undefined;
}

const install = (): Promise<boolean> =>
  run("env", [
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "install",
    "-y",
    "--no-install-recommends",
    PACKAGE,
  ]);

async function run(command: string, args: readonly string[], argv0 = command): Promise<boolean> {
  return (await howItEnds(spawn(command, args, { argv0, stdio: "ignore" }))) === "exit code 0";
}

async function endLeftover(dataDir: string, log: ServerOptions["log"]): Promise<void> {
  const [pid = 0, port = 0] = (await readFile(pidFile(dataDir), "utf8").catch(() => ""))
    .split(" ")
    .map(Number);
  if (pid <= 0) return;
  const line = await commandLine(pid);
  if (!/(?:redis|valkey)-server .*:/.test(line) || !line.includes(`:${port}`)) return;
  log(`Stopping a Redis that an earlier run left behind (process ${pid})`);
  await endProcess(pid, "SIGTERM", 10_000, "SIGKILL");
}

const pidFile = (dataDir: string): string => join(dataDir, "redis.pid");

async function startServer(
  { command, argv0 }: RedisBinary,
  dataDir: string,
  socket: string | undefined,
  { port: requested, log, settings }: ServerOptions,
): Promise<RedisServer> {
  const port = await choosePort(join(dataDir, "port"), requested);
  const logFile = join(dataDir, "redis.log");
  const file = await open(logFile, "w", 0o600);
  const all = {
    ...SETTINGS,
    ...(socket !== undefined && { unixsocket: socket, unixsocketperm: "600" }),
    dir: dataDir,
    port: String(port),
    ...settings,
  };
  const words = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  // Its own process group: Ctrl-C in the terminal must not end Redis before its clients.
  const child = spawn(command, words, {
    argv0,
    detached: true,
    cwd: dataDir,
    stdio: ["ignore", file.fd, file.fd],
  });
  const exited = howItEnds(child).finally(() => file.close());
  const { pid } = child;
  if (pid === undefined) throw new Error(`Redis could not be started: ${await exited}`);
  await writeFile(pidFile(dataDir), `${pid} ${port}`);
  const stop = once(() => endProcess(pid, "SIGTERM", 10_000, "SIGKILL"));
  let hello = "";
  const ready = await waitUntil(
    async () => {
      hello = await ask(port, "PING\r\nINFO server\r\n");
      return hello.startsWith("+PONG");
    },
    START_TIMEOUT_MS,
    exited,
  );
  if (!ready) {
    await stop();
    throw new Error(`Redis did not start. Its last log lines:\n${await lastLines(logFile, 10)}`);
  }
  const version = /(?:valkey|redis)_version:(\S+)/.exec(hello)?.[1] ?? "";
  log(`Redis ${version} ready on 127.0.0.1:${port}`);
  const socketUrl = socket === undefined ? undefined : `unix://${pathToFileURL(socket).pathname}`;
  return { url: `redis://127.0.0.1:${port}`, socketUrl, port, pid, exited, stop };
}

/** The server's reply within 1 s; empty if it does not listen yet. */
const ask = (port: number, commands: string): Promise<string> =>
  new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.end(`${commands}QUIT\r\n`));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
  });
