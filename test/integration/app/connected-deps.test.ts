import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { closeDeps, type Deps } from "../../../lib/app/connect.ts";
import { testDeps, testServers } from "../../support/servers/deps.ts";

// Each test is a separate function instance.
beforeEach(() => vi.resetModules());
let deps: Deps | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  if (deps) await closeDeps(deps);
  deps = undefined;
});

async function instance(databaseUrl: string, redisUrl: string) {
  vi.stubEnv("DATABASE_URL", databaseUrl).stubEnv("REDIS_URL", redisUrl).stubEnv("LOG_LEVEL", "SILENT");
  return import("../../../lib/app/connect-once.ts");
}

it("an instance connects to PostgreSQL once, before the first query", async () => {
  const { databaseUrl, redisUrl } = await testServers();
  const { sql } = await testDeps();
  const connections = async (): Promise<number> => {
    const name = new URL(databaseUrl).pathname.slice(1);
    const [row] = await sql<[{ count: number }]>`
      SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = ${name} AND application_name = 'weir'`;
    return row.count;
  };
  const { getConnectedDeps, getDeps } = await instance(databaseUrl, redisUrl);
  expect(await connections()).toBe(0);
  deps = await getConnectedDeps();
  await vi.waitFor(async () => expect(await connections()).toBe(1), { timeout: 45_000 });
  expect(await getConnectedDeps()).toBe(deps);
  expect(await getDeps()).toBe(deps);
  expect(await deps.sql`SELECT 1 AS one`).toEqual([{ one: 1 }]);
  expect(await connections()).toBe(1);
});

it("an instance without PostgreSQL starts, and its first statement fails", async () => {
  const { redisUrl } = await testServers();
  const { getConnectedDeps } = await instance("postgres://127.0.0.1:1/weir", redisUrl);
  deps = await getConnectedDeps();
  await expect(deps.sql`SELECT 1`).rejects.toThrow("ECONNREFUSED");
});
