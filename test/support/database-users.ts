/** The functions' database users, on a test's database. */
import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { inject } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import { newSecret } from "../../lib/base/ids.ts";
import { migrate } from "../../lib/postgres/migrate.ts";
import { ensurePartitions } from "../../lib/storage/partitions.ts";
import { FUNCTION_USERS, type FunctionUser, provideUsers, userName } from "../../lib/storage/users.ts";
import { atEnd } from "./cleanup.ts";
import { freshDeps } from "./faults.ts";
import { testConfig } from "./servers/deps.ts";

export type Passwords = ReadonlyMap<FunctionUser, string>;

/** A new password for each function. */
export const newPasswords = (): Passwords => new Map(FUNCTION_USERS.map((fn) => [fn, newSecret(fn)]));

/** A database's URL for another user. */
export const urlAs = (databaseUrl: string, username: string, password: string): string =>
  Object.assign(new URL(databaseUrl), { username: encodeURIComponent(username), password }).href;

/** Provides the users. @returns the database's URL for each function, and one connection for each */
export async function databaseUsers({ sql, config }: Pick<Deps, "sql" | "config">) {
  const passwords = newPasswords();
  await provideUsers(sql, passwords);
  const database = new URL(config.databaseUrl).pathname.slice(1);
  const urlOf = (fn: FunctionUser, others: Passwords = passwords): string =>
    urlAs(config.databaseUrl, userName(database, fn), others.get(fn) ?? "");
  const connections = new Map(FUNCTION_USERS.map((fn) => [fn, connect(urlOf(fn))]));
  return {
    database,
    urlOf,
    /** @throws if there is no connection */
    as: (fn: FunctionUser): postgres.Sql => {
      const connection = connections.get(fn);
      if (connection === undefined) throw new Error(`There is no user for ${fn}.`);
      return connection;
    },
  };
}

/** A connection as superuser, to the server's first database. */
export const superuser = (): postgres.Sql => connect(inject("databaseServer"));

/**
 * A migrated database that belongs to a role without superuser's rights, as a managed service's administrator is.
 * @param rights of the role, such as `CREATEROLE`
 * @param name of the database
 * @returns dependencies with the role's login
 */
export async function ownedDatabase(rights = "CREATEROLE", name = `owned_${randomUUID()}`): Promise<Deps> {
  const server = superuser();
  const owner = `owner_${randomUUID()}`;
  await server.unsafe(`CREATE ROLE "${owner}" LOGIN PASSWORD 'owner' ${rights}`);
  await server.unsafe(`CREATE DATABASE "${name}" OWNER "${owner}"`);
  const config = await testConfig();
  const url = Object.assign(new URL(config.databaseUrl), { pathname: `/${name}` });
  const databaseUrl = urlAs(url.href, owner, "owner");
  await migrate(databaseUrl);
  const deps = freshDeps({ ...config, databaseUrl });
  await ensurePartitions(deps.sql, deps.config);
  return deps;
}

/** Opens one connection with the first statement; closed after the file's tests. */
export function connect(url: string): postgres.Sql {
  const connection = postgres(url, { max: 1, onnotice: () => {} });
  atEnd(() => connection.end({ timeout: 1 }));
  return connection;
}
