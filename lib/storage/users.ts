/** A database user for each function, with the rights that the function needs: docs/database-users.md. */
import type { Database, Transaction } from "../postgres/client.ts";
import { newSteps, type Steps, step } from "../postgres/lock-retry.ts";
import { scramVerifier } from "../postgres/password.ts";
import { FUNCTION_USERS, type FunctionUser, PARTITIONED, PARTITIONER, PRIVILEGES } from "./privileges.ts";
import {
  changeOwner,
  createRole,
  grantAll,
  inheritRole,
  letCreate,
  quoteName,
  revokeAll,
  runAll,
  setVerifier,
} from "./sql/grants.ts";
import { findRoles, listGranted, listOwnedByOthers, lockUsers, readSite, type Site } from "./sql/users.ts";

export { FUNCTION_USERS, type FunctionUser };

/** PostgreSQL truncates longer names silently. */
const MOST_NAME_BYTES = 63;
/** First version that can grant a role's rights without the right to grant it on. */
const LEAST_VERSION = 160_000;
/** Attempts, one a second, to lock a table: no function's query takes longer. */
const ATTEMPTS = 30;
/** Tables that one transaction locks to change their owner. */
const STEP_TABLES = 20;

/** The users of the functions cannot be provided; the message says what to do. */
export class UsersError extends Error {
  override name = "UsersError";
}

/**
 * The name of a function's user. Roles belong to a server and not to a database, so the name contains the database's.
 * @throws {UsersError} if it is too long for PostgreSQL
 */
export function userName(database: string, fn: FunctionUser): string {
  const name = `${database}_${fn}`;
  if (Buffer.byteLength(name) > MOST_NAME_BYTES)
    throw new UsersError(
      `The user name ${name} is longer than ${MOST_NAME_BYTES} bytes: give the database a shorter name.`,
    );
  return name;
}

/**
 * Creates the users that are missing, sets their passwords, and gives them exactly the rights in lib/storage/privileges.ts.
 * Run it after each migration, as the user that migrates. Concurrent runs wait for each other, and a run that fails leaves
 * the earlier rights and passwords.
 *
 * The partitioned tables become the property of `maintenance`, and the connected user a member of it, so that it keeps its
 * rights on them. Membership in the connected user, the other way round, would give `maintenance` rights on everything,
 * and only a superuser could grant it. PUBLIC loses the rights to connect to the database, and to create tables.
 * @param passwords of printable ASCII characters. A user without one keeps what it has; a new one can't log in
 * @throws {UsersError} in one sentence, if a right, a password or a version is missing, or if a role of somebody else has a
 *   user's name
 * @throws {RangeError} for a password with other characters
 * @throws as `step` does
 */
export async function provideUsers(
  sql: Database,
  passwords: ReadonlyMap<FunctionUser, string>,
): Promise<void> {
  const site = await readSite(sql);
  checkSite(site);
  const verifiers = [...passwords].map(
    ([fn, password]) => [userName(site.database, fn), scramVerifier(password)] as const,
  );
  const steps = newSteps(sql, { pace: { attempts: ATTEMPTS } });
  await step(steps, "create users", (tx) => createMissing(tx, site));
  const partitioner = userName(site.database, PARTITIONER);
  await handOver(steps, partitioner);
  await step(steps, "grant rights to users", async (tx) => {
    await lockUsers(tx);
    const names = FUNCTION_USERS.map((fn) => userName(site.database, fn));
    const granted = await listGranted(tx, names);
    await runAll(tx, [
      ...verifiers.map(([name, verifier]) => setVerifier(name, verifier)),
      ...revokeAll(site, names, granted),
      ...FUNCTION_USERS.flatMap((fn) => grantAll(site, userName(site.database, fn), PRIVILEGES[fn])),
      letCreate(site, partitioner),
    ]);
  });
}

function checkSite({ database, user, may_create: mayCreate, owns_database: owns, version }: Site): void {
  if (version < LEAST_VERSION)
    throw new UsersError("A database user for each function requires PostgreSQL 16 or newer.");
  if (!mayCreate)
    throw new UsersError(
      `The database user ${user} may not create roles: let an administrator run ALTER ROLE ${quoteName(user)} CREATEROLE.`,
    );
  if (!owns)
    throw new UsersError(
      `The database user ${user} does not own the database: let an administrator run ALTER DATABASE ${quoteName(database)} OWNER TO ${quoteName(user)}.`,
    );
}

/** Marks a role, so that no other role of the same name is taken for it. */
const commentOf = (database: string, fn: FunctionUser): string =>
  `Weir: function ${fn} of the database ${database}`;

async function createMissing(tx: Transaction, site: Site): Promise<void> {
  const { database, superuser } = site;
  const partitioner = userName(database, PARTITIONER);
  await lockUsers(tx);
  const wanted = new Map(FUNCTION_USERS.map((fn) => [userName(database, fn), commentOf(database, fn)]));
  const found = await findRoles(tx, [...wanted.keys()]);
  for (const { name, comment, powerful } of found) {
    if (comment !== wanted.get(name))
      throw new UsersError(`The role ${name} exists and was not created by Weir: rename it or drop it.`);
    if (powerful)
      throw new UsersError(`The role ${name} has rights of an administrator: take them from it or drop it.`);
  }
  const known = new Set(found.map(({ name }) => name));
  const missing = [...wanted].filter(([name]) => !known.has(name));
  await runAll(tx, [
    ...missing.flatMap(([name, comment]) => createRole(name, comment)),
    // Only a role that may create tables can become the owner of one.
    letCreate(site, partitioner),
    // A superuser has all rights anyway.
    ...(superuser ? [] : [inheritRole(partitioner)]),
  ]);
}

/** Gives the partitioned tables to their user, a few at a time, since each is locked until the end of the transaction. */
async function handOver(steps: Steps, role: string): Promise<void> {
  let tables: string[];
  do {
    tables = await step(steps, "change the owner of tables", async (tx) => {
      await lockUsers(tx);
      const others = await listOwnedByOthers(tx, role, PARTITIONED, STEP_TABLES);
      await runAll(
        tx,
        others.map((table) => changeOwner(table, role)),
      );
      return others;
    });
  } while (tables.length === STEP_TABLES);
}
