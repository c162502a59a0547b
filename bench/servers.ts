/** Starts a PostgreSQL and a Redis for one run, in a temporary folder, with the settings of `npm start`. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { createDeps, type Deps } from "../lib/app/connect.ts";
import { DAY_MS } from "../lib/base/time.ts";
import { loadConfig } from "../lib/config/config.ts";
import { migrate } from "../lib/postgres/migrate.ts";
import { ensurePartitions } from "../lib/storage/partitions.ts";
import { startPostgres } from "../local/postgres.ts";
import { once } from "../local/process.ts";
import { startRedis } from "../local/redis.ts";
import { loadEvents } from "./load.ts";
import { type Loaded, SPREADS } from "./spreads.ts";

/** Maximum events in the queue; the bench fills the queue before it starts the worker. */
const MOST_WAITING = 100_000_000;
const MOST_BYTES = 100_000_000_000;
/** Pause after a checkpoint, in milliseconds. */
const SETTLE_MS = 200;

/** A database with many stored events. */
export interface Stored {
  events: number;
  deps: Deps;
  /** Time of the newest event, in milliseconds. */
  until: number;
  loadedInS: number;
}

type StoredKind = Pick<Loaded, "ids" | "spread">;

export interface Servers {
  databaseUrl: string;
  redisUrl: string;
  /** Processes of the two servers. */
  pids: number[];
  /** Lets the servers finish what earlier measurements left them: a checkpoint, and writes in the background. */
  settle(): Promise<void>;
  /** A folder that is removed with the servers. */
  folder: string;
  /** Settings of a function with its own database, empty and migrated. */
  environment(name: string, poolSize: number): Promise<Record<string, string>>;
  /** The same, and a function's dependencies on it. */
  deps(name: string, poolSize: number): Promise<Deps>;
  /** A database with this many events, by default with UUIDs of version 7, of few clients and types; loaded once, on first use. */
  stored(events: number, kind?: Partial<StoredKind>): Promise<Stored>;
  /** Registers a stop function of something that must not outlive the servers. */
  atEnd(stop: () => Promise<unknown>): void;
  stop(): Promise<void>;
}

/** @param say receives the progress of loading */
export async function startServers(say: (text: string) => void): Promise<Servers> {
  const folder = await mkdtemp(join(tmpdir(), "weir-bench-"));
  const log = (): void => {};
  const database = await startPostgres({ dataDir: join(folder, "postgres"), port: 0, log });
  const redis = await startRedis({ dataDir: join(folder, "redis"), port: 0, log }).catch(
    async (error: unknown) => {
      await database.stop();
      throw error;
    },
  );
  let databases = 0;
  const stops: (() => Promise<unknown>)[] = [];
  const loaded = new Map<string, Promise<Stored>>();

  const environment = async (name: string, poolSize: number): Promise<Record<string, string>> => ({
    DATABASE_URL: await createDatabase(database.url, redis.url, name),
    REDIS_URL: `${redis.url}/${databases++}`,
    DATABASE_POOL_SIZE: String(poolSize),
    QUEUE_MAX_EVENTS: String(MOST_WAITING),
    QUEUE_MAX_BYTES: String(MOST_BYTES),
    LOG_LEVEL: "SILENT",
    // As the server does. Requests one at a time, as on Lambda, are not affected.
    INGEST_COALESCE: "true",
  });
  const deps = async (name: string, poolSize: number): Promise<Deps> => {
    const made = createDeps(loadConfig(await environment(name, poolSize)));
    stops.push(async () => {
      await made.queue.close();
      await made.sql.end({ timeout: 1 });
      made.redis.disconnect();
    });
    return made;
  };
  const load = async (events: number, kind: StoredKind): Promise<Stored> => {
    const made = await deps(`stored_${kind.ids}_${kind.spread}_${events}`, 8);
    const until = Date.now();
    await loadEvents(
      made,
      { events, from: until - SPREADS[kind.spread].days * DAY_MS, to: until, ...kind },
      say,
    );
    return { events, deps: made, until, loadedInS: (Date.now() - until) / 1_000 };
  };
  const admin = postgres(database.url, { max: 1, onnotice: () => {} });
  stops.push(() => admin.end({ timeout: 1 }));
  return {
    pids: [database.pid, redis.pid],
    settle: async () => {
      await admin`CHECKPOINT`;
      await sleep(SETTLE_MS);
    },
    databaseUrl: database.url,
    redisUrl: redis.url,
    folder,
    environment,
    deps,
    stored: (events, { ids = "v7", spread = "few" } = {}) => {
      const name = `${ids} ${spread} ${events}`;
      const made = loaded.get(name) ?? load(events, { ids, spread });
      loaded.set(name, made);
      return made;
    },
    atEnd: (stop) => stops.push(stop),
    stop: once(async () => {
      for (const stop of stops.toReversed()) await stop().catch(() => {});
      await Promise.allSettled([database.stop(), redis.stop()]);
      await rm(folder, { recursive: true, force: true });
    }),
  };
}

/** @returns the URL of a new database with the schema and all partitions */
async function createDatabase(serverUrl: string, redisUrl: string, name: string): Promise<string> {
  const server = postgres(serverUrl, { max: 1, onnotice: () => {} });
  await server`CREATE DATABASE ${server(name)}`;
  await server.end();
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  await migrate(url);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await ensurePartitions(sql, loadConfig({ DATABASE_URL: url, REDIS_URL: redisUrl }));
  await sql.end();
  return url;
}
