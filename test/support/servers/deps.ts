import { Redis } from "ioredis";
import postgres from "postgres";
import { inject } from "vitest";
import { closeDeps, createDeps, type Deps } from "../../../lib/app/connect.ts";
import { type Config, loadConfig } from "../../../lib/config/config.ts";
import { atEnd } from "../cleanup.ts";
import { TEMPLATE } from "./servers.ts";

/** A migrated database and an empty Redis database that no other test uses. */
export interface TestServers {
  databaseUrl: string;
  redisUrl: string;
}

/** Creates them; they are removed with the servers at the end of the run. */
export async function testServers(): Promise<TestServers> {
  const redisServer = inject("redisServer");
  const counter = new Redis(redisServer);
  // Redis database 0 only holds the counter.
  const number = await counter.incr("test-databases");
  counter.disconnect();

  const databaseServer = inject("databaseServer");
  const server = postgres(databaseServer, { max: 1, onnotice: () => {} });
  const name = `weir_test_${number}`;
  await server`CREATE DATABASE ${server(name)} TEMPLATE ${server(TEMPLATE)} STRATEGY file_copy`;
  await server.end();
  return {
    databaseUrl: Object.assign(new URL(databaseServer), { pathname: `/${name}` }).href,
    redisUrl: `${redisServer}/${number}`,
  };
}

/** Settings for a test. @param overrides by their names in `Config` */
export async function testConfig(overrides: Partial<Config> = {}): Promise<Config> {
  const servers = await testServers();
  const config = loadConfig({
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    LOG_LEVEL: "SILENT",
  });
  return { ...config, databasePoolSize: 10, ...overrides };
}

/** All dependencies of a use case, on separate databases; closed after the file's tests. */
export async function testDeps(overrides: Partial<Config> = {}): Promise<Deps> {
  const deps = createDeps(await testConfig(overrides));
  atEnd(() => closeDeps(deps));
  return deps;
}
