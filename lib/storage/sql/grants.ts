/** Statements that define roles and their rights. They take no parameters, so they are text. */
import type { Transaction } from "../../postgres/client.ts";
import { type Privileges, SQL_FUNCTIONS } from "../privileges.ts";
import type { Granted, Site } from "./users.ts";

/** A name as an identifier. The library's helper would split it at a dot. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Runs several statements that take no parameters in one round trip. */
export async function runAll(tx: Transaction, statements: readonly string[]): Promise<void> {
  if (statements.length > 0) await tx.unsafe(statements.join(";\n"));
}

/** Creates a role that can't log in yet, since it has no password. */
export const createRole = (name: string, comment: string): string[] => [
  `CREATE ROLE ${quoteName(name)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS`,
  `COMMENT ON ROLE ${quoteName(name)} IS ${quoteText(comment)}`,
];

/** @param verifier as the server stores it */
export const setVerifier = (name: string, verifier: string): string =>
  `ALTER ROLE ${quoteName(name)} LOGIN PASSWORD ${quoteText(verifier)}`;

/** Lets the connected user act as owner of what the role owns. */
export const inheritRole = (name: string): string =>
  `GRANT ${quoteName(name)} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`;

/** @param table quoted */
export const changeOwner = (table: string, role: string): string =>
  `ALTER TABLE ${table} OWNER TO ${quoteName(role)}`;

/**
 * Takes from roles what they have been granted, and from PUBLIC what it does not need.
 * @param names of the roles
 */
export function revokeAll(
  { database, schema }: Site,
  names: readonly string[],
  granted: readonly Granted[],
): string[] {
  return [
    ...granted.map(({ role, object }) => `REVOKE ALL ON ${object} FROM ${quoteName(role)}`),
    `REVOKE ALL ON DATABASE ${quoteName(database)} FROM PUBLIC, ${names.map(quoteName).join(", ")}`,
    `REVOKE CREATE ON SCHEMA ${quoteName(schema)} FROM PUBLIC`,
    `REVOKE ALL ON FUNCTION ${SQL_FUNCTIONS.join(", ")} FROM PUBLIC`,
  ];
}

/** Lets a role create tables. */
export const letCreate = ({ schema }: Site, name: string): string =>
  `GRANT USAGE, CREATE ON SCHEMA ${quoteName(schema)} TO ${quoteName(name)}`;

/** First version with the privilege MAINTAIN. */
const KNOWS_MAINTAIN = 170_000;

/** Lets a role connect and use what its privileges name. */
export function grantAll(
  { database, schema, version }: Site,
  name: string,
  { tables, functions = [] }: Privileges,
): string[] {
  const user = quoteName(name);
  const onTables = Object.entries(tables).flatMap(([table, privileges]) => {
    const known = privileges.filter((one) => one !== "MAINTAIN" || version >= KNOWS_MAINTAIN);
    return known.length === 0 ? [] : [`GRANT ${known.join(", ")} ON TABLE ${table} TO ${user}`];
  });
  return [
    `GRANT CONNECT ON DATABASE ${quoteName(database)} TO ${user}`,
    `GRANT USAGE ON SCHEMA ${quoteName(schema)} TO ${user}`,
    ...onTables,
    ...functions.map((one) => `GRANT EXECUTE ON FUNCTION ${one} TO ${user}`),
  ];
}
