import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import postgres from "postgres";
import { inject } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { migrate } from "../../../lib/postgres/migrate.ts";
import { freshDeps } from "../faults.ts";
import { temporaryFolder } from "../folder.ts";
import { testConfig } from "./deps.ts";

const MIGRATIONS = new URL("../../../lib/postgres/migrations/", import.meta.url);

/** A database as the version before a migration left it. @param migration its number, of four digits */
export async function depsBefore(migration: string): Promise<Deps> {
  const config = await testConfig();
  const name = `before_${migration}`;
  const databaseUrl = Object.assign(new URL(config.databaseUrl), { pathname: `/${name}` }).href;
  const server = postgres(inject("databaseServer"), { max: 1, onnotice: () => {} });
  await server`CREATE DATABASE ${server(name)}`;
  await server.end();
  const folder = await temporaryFolder();
  for (const file of (await readdir(MIGRATIONS)).filter((one) => one < migration))
    await cp(new URL(file, MIGRATIONS), join(folder, file));
  await migrate(databaseUrl, pathToFileURL(`${folder}/`));
  return freshDeps({ ...config, databaseUrl });
}
