import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { hasSettledBefore } from "../../../lib/storage/sql/has-settled-before.ts";
import { FUNCTION_USERS, type FunctionUser, userName } from "../../../lib/storage/users.ts";
import { connect, databaseUsers } from "../../support/database-users.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const { sql } = deps;
// Twice, as at the second deployment.
await databaseUsers(deps);
const users = await databaseUsers(deps);

const LETTERS = {
  SELECT: "S",
  INSERT: "I",
  UPDATE: "U",
  DELETE: "D",
  TRUNCATE: "T",
  REFERENCES: "R",
  TRIGGER: "G",
  MAINTAIN: "M",
};

/**
 * Every table except partitions by time. S: SELECT, I: INSERT, U: UPDATE, D: DELETE, M: MAINTAIN; small letters: some columns
 * only; owner: owns the table, with every right.
 */
const MATRIX = `
                        ingest worker drain analytics audit health admin maintenance checkpoint web
api_keys                s      su     su    s         s     -      Siu   M           -          -
archive_days            -      -      -     -         -     -      s     SIUM        -          -
archive_files           -      -      -     -         -     -      -     SIUM        -          -
audit_checkpoints       -      -      -     -         S     -      -     sM          Siu        -
audit_lanes             -      Su     Su    -         S     -      -     M           S          -
audit_log               -      sI     sI    s         S     s      s     owner       -          -
audit_log_default       -      -      -     -         -     s      -     owner       -          -
audit_personal          -      I      I     -         S     -      SD    owner       -          -
audit_personal_default  -      -      -     -         -     s      SD    owner       -          -
audit_seals             -      I      I     -         S     -      -     M           S          -
audit_unqueued          -      SIu    SIu   S         -     S      -     SDM         -          -
clients                 s      -      -     s         s     -      Siu   sM          -          -
erasures                -      s      s     -         -     -      Siu   SuM         -          -
event_ledger            S      SI     SI    S         -     -      -     SDM         -          -
event_rollups           -      -      -     -         -     -      -     -           -          -
events                  S      I      I     S         -     -      Su    owner       -          -
events_default          -      -      -     -         -     s      -     owner       -          -
expired_partitions      -      -      -     -         -     -      s     SiuDM       -          -
feed                    -      -      -     s         -     -      -     SDM         -          -
feed_identity           -      -      -     -         -     -      -     -           -          -
feed_position           -      -      -     -         -     -      -     -           -          -
health_checks           -      I      I     -         -     SI     -     sDM         -          -
meter_rollups           -      SIu    SIu   S         -     -      SIuD  owner       -          -
meter_rollups_day       -      -      -     -         -     -      -     owner       -          -
meter_rollups_hour      -      -      -     -         -     -      -     owner       -          -
meter_rollups_quarter   -      -      -     -         -     -      -     owner       -          -
meters                  -      S      S     S         -     -      Siu   SuDM        -          -
packed_days             -      -      -     S         -     -      -     SIUDM       -          -
packed_meter_days       -      -      -     S         -     -      SD    SIUDM       -          -
packing                 -      s      s     s         -     -      s     SuM         -          -
pipeline_totals         -      SIu    SIu   S         -     S      -     M           -          -
quarantine              s      sIuD   sIuD  s         -     -      Su    SuDM        -          -
queries                 -      -      -     SIUD      -     -      sD    sDM         -          -
query_keys              -      -      -     SIUD      -     -      -     sDM         -          -
receipts                -      SIu    SIu   S         -     s      s     SuDM        -          -
retention               -      -      -     s         s     -      s     SuM         s          -
rollups                 -      SIu    SIu   S         -     -      -     owner       -          -
rollups_day             -      -      -     -         -     -      -     owner       -          -
rollups_hour            -      -      -     -         -     -      -     owner       -          -
rollups_minute          -      -      -     -         -     -      -     owner       -          -
rollups_quarter         -      -      -     -         -     -      -     owner       -          -
schema_migrations       -      -      -     -         -     -      -     -           -          -
webhook_secrets         S      -      -     -         -     -      SiD   M           -          -
webhook_sources         s      -      -     -         -     -      SiD   M           -          -
`;

/** What each user may do with each table, according to the server. */
async function readMatrix(): Promise<string> {
  const names = FUNCTION_USERS.map((fn) => userName(users.database, fn));
  const cells = await sql<{ table: string; user: string; owner: boolean; whole: string[]; some: string[] }[]>`
    SELECT c.relname AS table, u.name AS user, pg_get_userbyid(c.relowner) = u.name AS owner,
           ARRAY(SELECT p FROM unnest(${Object.keys(LETTERS)}::text[]) AS p WHERE has_table_privilege(u.name, c.oid, p)) AS whole,
           ARRAY(SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS p
                  WHERE has_any_column_privilege(u.name, c.oid, p)) AS some
      FROM pg_class c CROSS JOIN unnest(${names}::text[]) WITH ORDINALITY AS u(name, position)
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
           AND c.relname !~ '_\\d{8}$'
     ORDER BY c.relname COLLATE "C", u.position`;
  const text = ({ owner, whole, some }: (typeof cells)[number]): string => {
    if (owner && whole.length === Object.keys(LETTERS).length) return "owner";
    const letters = Object.entries(LETTERS).map(([privilege, letter]) => {
      if (whole.includes(privilege)) return letter;
      return some.includes(privilege) ? letter.toLowerCase() : "";
    });
    return letters.join("") || "-";
  };
  const rows = [...Map.groupBy(cells, ({ table }) => table)].map(([table, row]) => [table, ...row.map(text)]);
  const widths = [24, ...FUNCTION_USERS.map((fn) => Math.max(fn.length + 1, 6))];
  return [["", ...FUNCTION_USERS], ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}

const refused = expect.objectContaining({ code: "42501" });

/** Expects that PostgreSQL refuses each statement to a user for lack of a right. */
async function expectRefused(fn: FunctionUser, statements: readonly string[]): Promise<void> {
  for (const statement of statements)
    await expect(users.as(fn).unsafe(statement), `${fn}: ${statement}`).rejects.toEqual(refused);
}

/** Statements that write to a table in each way. */
const writesTo = (table: string, column = "client_id"): string[] => [
  `INSERT INTO ${table} DEFAULT VALUES`,
  `UPDATE ${table} SET ${column} = ${column}`,
  `DELETE FROM ${table}`,
  `TRUNCATE ${table}`,
];

const AUDIT = {
  audit_log: "at",
  audit_personal: "at",
  audit_seals: "lane",
  audit_lanes: "head",
  audit_checkpoints: "document",
};

describe("the functions' database users", () => {
  it("have the rights of the matrix, and no others, on every table", async () => {
    expect(await readMatrix()).toBe(MATRIX.slice(1, -1));
  });

  it("have the rights that the documentation shows", async () => {
    const text = await readFile(new URL("../../../docs/database-users.md", import.meta.url), "utf8");
    const rows = text.split("\n").filter((line) => /^\| (?:`\w+` )?\| /.test(line));
    const cells = rows.map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "") || "-"),
    );
    const matrix = MATRIX.trim()
      .split("\n")
      .map((row) => row.split(/ +/));
    expect(cells).toEqual([["-", ...(matrix[0] ?? [])], ...matrix.slice(1)]);
  });

  it("ingest can't touch the audit", async () => {
    for (const [table, column] of Object.entries({ ...AUDIT, audit_unqueued: "recovered" }))
      await expectRefused("ingest", [`SELECT ${column} FROM ${table}`, ...writesTo(table, column)]);
  });

  it("health can't write events", async () => {
    for (const table of ["events", "events_default", "event_ledger", "rollups", "receipts", "quarantine"])
      await expectRefused("health", writesTo(table));
  });

  it("analytics, audit and web can't write anything but the questions that analytics answers", async () => {
    const columns = await sql<{ table: string; column: string }[]>`
      SELECT c.relname AS table, a.attname AS column FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`;
    expect(columns.length).toBeGreaterThan(20);
    for (const fn of ["analytics", "audit", "web"] as const)
      for (const { table, column } of columns)
        if (fn !== "analytics" || !["queries", "query_keys"].includes(table))
          await expectRefused(fn, writesTo(table, column));
  });

  it("workers can't read what they store, and change or delete nothing of the audit", async () => {
    for (const fn of ["worker", "drain"] as const) {
      await expectRefused(fn, [
        "SELECT payload FROM events",
        "SELECT value FROM erasures",
        "SELECT path FROM audit_log",
      ]);
      for (const table of ["audit_log", "audit_personal", "audit_seals"])
        await expectRefused(fn, writesTo(table, "seal").slice(1));
    }
  });

  it("an administrator's function can erase a payload, and change nothing else of an event", async () => {
    await users.as("admin")`UPDATE events SET payload = 'null' WHERE false`;
    await expectRefused("admin", [
      "UPDATE events SET event_time = now()",
      "DELETE FROM events",
      "DELETE FROM audit_log",
      "UPDATE api_keys SET scopes = '{admin}'",
    ]);
  });

  it("maintenance drops and alters partitioned tables, and not the seals, the ledger or clients", async () => {
    const maintenance = users.as("maintenance");
    const undo = new Error("undo");
    const work = maintenance.begin(async (tx) => {
      await tx`ALTER TABLE events ADD COLUMN more text`;
      await tx`DROP TABLE events_default, audit_log_default, audit_personal_default`;
      throw undo;
    });
    await expect(work).rejects.toBe(undo);
    const others = [
      "audit_seals",
      "audit_lanes",
      "audit_checkpoints",
      "event_ledger",
      "clients",
      "schema_migrations",
    ];
    for (const table of others)
      await expectRefused("maintenance", [`DROP TABLE ${table}`, `ALTER TABLE ${table} ADD x int`]);
    for (const [table, column] of Object.entries(AUDIT).slice(2))
      await expectRefused("maintenance", writesTo(table, column));
  });

  it("nobody else drops, alters or creates a table, or executes an SQL function that it does not need", async () => {
    for (const fn of FUNCTION_USERS.filter((one) => one !== "maintenance")) {
      await expectRefused(fn, [
        "DROP TABLE events",
        "DROP TABLE events_default",
        "ALTER TABLE audit_log ADD COLUMN more text",
        "CREATE TABLE mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
        "CREATE ROLE mine",
        `SET ROLE "${userName(users.database, "maintenance")}"`,
      ]);
      if (fn !== "worker" && fn !== "drain")
        await expectRefused(fn, ["SELECT merge_bins('{1}', '{1}', '{1}', '{1}')"]);
    }
    const open = await sql`
      SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND has_function_privilege(${userName(users.database, "web")}, oid, 'EXECUTE')`;
    expect(open).toEqual([]);
  });

  it("know whether Redis was new when it came back empty, if they ask what waits", async () => {
    for (const fn of ["analytics", "health", "admin"] as const)
      expect(await hasSettledBefore(users.as(fn), 0)).toBe(false);
  });

  it("connect to their own database only", async () => {
    const others = await testDeps();
    await databaseUsers(others);
    const { pathname } = new URL(others.config.databaseUrl);
    const elsewhere = connect(Object.assign(new URL(users.urlOf("ingest")), { pathname }).href);
    await expect(elsewhere`SELECT 1`).rejects.toEqual(refused);
  });
});
