/** A PostgreSQL and a Redis for one run, in a temporary folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { loadConfig } from "../lib/config.ts";
import { createDeps, type Deps } from "../lib/deps.ts";
import { migrate } from "../lib/migrate.ts";
import { ensurePartitions } from "../lib/partitions.ts";
import { startPostgres } from "../local/postgres.ts";
import { once } from "../local/process.ts";
import { startRedis } from "../local/redis.ts";

export interface Servers {
  /** A database of its own, migrated, and what a function needs to work on it. */
  deps(name: string, poolSize: number): Promise<Deps>;
  stop(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
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
  return {
    deps: async (name, poolSize) => {
      const server = postgres(database.url, { max: 1, onnotice: () => {} });
      await server`CREATE DATABASE ${server(name)}`;
      await server.end();
      const url = Object.assign(new URL(database.url), { pathname: `/${name}` }).href;
      await migrate(url);
      const config = loadConfig({
        DATABASE_URL: url,
        REDIS_URL: `${redis.url}/${databases++}`,
        DATABASE_POOL_SIZE: String(poolSize),
        LOG_LEVEL: "SILENT",
      });
      const deps = createDeps(config);
      await ensurePartitions(deps.sql, config);
      return deps;
    },
    stop: once(async () => {
      await Promise.allSettled([database.stop(), redis.stop()]);
      await rm(folder, { recursive: true, force: true });
    }),
  };
}
