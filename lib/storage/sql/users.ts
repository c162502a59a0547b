import type { Executor, Transaction } from "../../postgres/client.ts";

/** Where users are made, and by whom. */
export interface Site {
  database: string;
  schema: string;
  /** The connected user. */
  user: string;
  /** Such as 180004. */
  version: number;
  superuser: boolean;
  /** True if the connected user may create roles. */
  may_create: boolean;
  /** True if the connected user owns the database. */
  owns_database: boolean;
}

export async function readSite(sql: Executor): Promise<Site> {
  const [row] = await sql<[Site]>`
    SELECT current_database() AS database, current_schema() AS schema, current_user AS user,
           current_setting('server_version_num')::int AS version, rolsuper AS superuser,
           rolsuper OR rolcreaterole AS may_create,
           (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()) AS owns_database
      FROM pg_roles WHERE rolname = current_user`;
  return row;
}

/** "user" in ASCII. Any constant that no other lock uses. */
const ADVISORY_LOCK = 0x75736572;

/** Lets one transaction at a time change the users of this database. */
export async function lockUsers(tx: Transaction): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`;
}

/** A role that exists. */
export interface Role {
  name: string;
  comment: string | null;
  /** True if it has a right beyond tables, such as creating roles. */
  powerful: boolean;
}

export async function findRoles(sql: Executor, names: readonly string[]): Promise<Role[]> {
  return sql<Role[]>`
    SELECT rolname AS name, shobj_description(oid, 'pg_authid') AS comment,
           rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS powerful
      FROM pg_roles WHERE rolname = ANY (${[...names]}::text[])`;
}

/**
 * Partitioned tables and their partitions, also detached ones, that belong to another role.
 * @param roots the partitioned tables
 * @param limit maximum number
 * @returns quoted names
 */
export async function listOwnedByOthers(
  sql: Executor,
  role: string,
  roots: readonly string[],
  limit: number,
): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    SELECT c.oid::regclass::text AS name
      FROM pg_class c
      LEFT JOIN pg_class r ON r.oid = pg_partition_root(c.oid)
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
       AND c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = ${role})
       AND (r.relname = ANY (${[...roots]}::text[]) OR c.relname IN (SELECT name FROM expired_partitions))
     ORDER BY c.oid LIMIT ${limit}`;
  return rows.map(({ name }) => name);
}

/** What a role has privileges on. */
export interface Granted {
  role: string;
  /** Quoted, as REVOKE expects it, such as `TABLE events`. */
  object: string;
}

/**
 * What the roles have been granted in this database, beside the database itself. What a role owns is not listed: revoking
 * that would take its own rights from an owner.
 */
export async function listGranted(sql: Executor, roles: readonly string[]): Promise<Granted[]> {
  return sql<Granted[]>`
    SELECT DISTINCT r.rolname AS role,
           CASE classid WHEN 'pg_class'::regclass THEN 'TABLE ' || objid::regclass
                        WHEN 'pg_proc'::regclass THEN 'ROUTINE ' || objid::regprocedure
                        ELSE 'SCHEMA ' || objid::regnamespace END AS object
      FROM pg_shdepend JOIN pg_roles r ON r.oid = refobjid
     WHERE deptype = 'a' AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND classid IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_namespace'::regclass)
       AND refclassid = 'pg_authid'::regclass AND r.rolname = ANY (${[...roles]}::text[])`;
}
