/** One PostgreSQL and one Redis for the whole run, on their own ports in a temporary folder, removed afterwards. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import type { TestProject } from "vitest/node";
import { migrate } from "../../../lib/postgres/migrate.ts";
import { ensurePartitions } from "../../../lib/storage/partitions.ts";
import { startPostgres } from "../../../local/postgres.ts";
import { startRedis } from "../../../local/redis.ts";
import { checkNothingLeft, markRun } from "./leftovers.ts";

declare module "vitest" {
  export interface ProvidedContext {
    databaseServer: string;
    redisServer: string;
  }
}

/** Test databases are copies of this one, which is migrated once. */
export const TEMPLATE = "weir_template";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  markRun();
  const folder = await mkdtemp(join(tmpdir(), "weir-test-"));
  const log = (): void => {};
  const database = await startPostgres({
    dataDir: join(folder, "postgres"),
    port: 0,
    log,
    // A machine crash may lose a test's data; waiting for the disk would only slow down the tests.
    settings: { fsync: "off", max_connections: "200" },
  });
  const redis = await startRedis({
    dataDir: join(folder, "redis"),
    port: 0,
    log,
    // As above: no test depends on data after a machine crash. Tests that stop or kill a Redis have their own.
    settings: { databases: "1000", appendfsync: "no" },
  }).catch(async (error: unknown) => {
    await database.stop();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await Promise.allSettled([database.stop(), redis.stop()]);
    await rm(folder, { recursive: true, force: true });
    await checkNothingLeft();
  };
  try {
    await makeTemplate(database.url);
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide("databaseServer", database.url);
  project.provide("redisServer", redis.url);
  return stop;
}

async function makeTemplate(serverUrl: string): Promise<void> {
  const server = postgres(serverUrl, { max: 1 });
  await server`CREATE DATABASE ${server(TEMPLATE)}`;
  await server.end();
  const url = Object.assign(new URL(serverUrl), { pathname: `/${TEMPLATE}` }).href;
  await migrate(url);
  const template = postgres(url, { max: 1, onnotice: () => {} });
  await ensurePartitions(template, { retentionDays: 400, auditRetentionDays: 400 });
  await template.end();
}
