import { describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import { connectPostgres } from "../../../lib/postgres/client.ts";
import { migrate } from "../../../lib/postgres/migrate.ts";
import { ensurePartitions } from "../../../lib/storage/partitions.ts";
import { type FunctionUser, provideUsers, userName } from "../../../lib/storage/users.ts";
import { atEnd } from "../../support/cleanup.ts";
import {
  connect,
  databaseUsers,
  newPasswords,
  ownedDatabase,
  superuser,
  urlAs,
} from "../../support/database-users.ts";
import { freshDeps } from "../../support/faults.ts";
import { workAt } from "../../support/maintenance.ts";
import { countWaiting } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const databaseOf = ({ config }: Deps): string => new URL(config.databaseUrl).pathname.slice(1);

/** SQLSTATE of a login's error; undefined if it succeeds. */
const login = async (url: string): Promise<string | undefined> =>
  connect(url)`SELECT 1`.then(
    () => undefined,
    (error: { code?: string }) => error.code,
  );

const as = (deps: Deps, databaseUrl: string): Deps => freshDeps({ ...deps.config, databaseUrl });

/** The owners of a database's tables, by table. */
const owners = async ({ sql }: Deps): Promise<Map<string, string>> => {
  const rows = await sql<{ name: string; owner: string }[]>`
    SELECT relname AS name, pg_get_userbyid(relowner) AS owner FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`;
  return new Map(rows.map(({ name, owner }) => [name, owner]));
};

describe.each([
  ["a superuser", testDeps],
  ["an owner that may create roles", () => ownedDatabase()],
] as const)("users provided by %s", (_, open) => {
  it("get new passwords at each run, and lose rights that were granted by hand", async () => {
    const deps = await open();
    const { urlOf, as: user } = await databaseUsers(deps);
    expect(await login(urlOf("ingest"))).toBeUndefined();
    const database = databaseOf(deps);
    await deps.sql.unsafe(`GRANT SELECT ON audit_log, retention TO "${userName(database, "ingest")}"`);
    await deps.sql.unsafe(`GRANT UPDATE (name) ON clients TO "${userName(database, "ingest")}"`);
    await user("ingest")`SELECT FROM audit_log`;
    const passwords = newPasswords();
    await provideUsers(deps.sql, passwords);
    expect(await login(urlOf("ingest"))).toBe("28P01");
    expect(await login(urlOf("ingest", passwords))).toBeUndefined();
    const ingest = connect(urlOf("ingest", passwords));
    for (const statement of [
      "SELECT at FROM audit_log",
      "UPDATE clients SET name = ''",
      "SELECT horizon FROM retention",
    ])
      await expect(ingest.unsafe(statement), statement).rejects.toMatchObject({ code: "42501" });
  });

  it("can be provided by two runs at once", async () => {
    const deps = await open();
    const passwords = newPasswords();
    await Promise.all([provideUsers(deps.sql, passwords), provideUsers(deps.sql, passwords)]);
    const name = userName(databaseOf(deps), "audit");
    expect(await login(urlAs(deps.config.databaseUrl, name, passwords.get("audit") ?? ""))).toBeUndefined();
  });

  it("reach partitions that are made later, by maintenance or by the owner, through their parents only", async () => {
    const deps = await open();
    const { urlOf, as: user, database } = await databaseUsers(deps);
    const worker = as(deps, urlOf("worker"));
    const maintenance = userName(database, "maintenance");
    const makers = [as(deps, urlOf("maintenance")), deps];
    for (const [number, maker] of makers.entries()) {
      const later = Date.now() + (number + 1) * 100 * DAY_MS;
      const made = await ensurePartitions(maker.sql, deps.config, later);
      await workAt(worker, "shop", later, [{ eventId: `event-${number}`, at: later }]);
      expect(await user("analytics")`SELECT event_id FROM events`).toHaveLength(number + 1);
      const partition = made.find((name) => name.startsWith("events_")) ?? "";
      const direct = user("analytics")`SELECT event_id FROM ${deps.sql(partition)}`;
      await expect(direct).rejects.toMatchObject({ code: "42501" });
      await provideUsers(deps.sql, newPasswords());
      expect((await owners(deps)).get(partition)).toBe(maintenance);
    }
  });

  it("leave the owner all its rights", async () => {
    const deps = await open();
    const { database } = await databaseUsers(deps);
    expect(await migrate(deps.config.databaseUrl)).toEqual([]);
    await deps.sql`ALTER TABLE events ADD COLUMN trace text`;
    await deps.sql`CREATE INDEX ON audit_log (status)`;
    await deps.sql`CREATE TABLE rollups_week PARTITION OF rollups FOR VALUES IN (10080)`;
    await deps.sql`CREATE TABLE later (a int)`;
    await deps.sql`DROP TABLE rollups_week`;
    await databaseUsers(deps);
    const found = await owners(deps);
    const ofMaintenance = [...found].filter(([, owner]) => owner === userName(database, "maintenance"));
    expect(ofMaintenance.map(([name]) => name.replace(/_\d{8}$/, "")).sort()).toEqual(
      expect.arrayContaining(["audit_log", "audit_personal", "events", "rollups", "rollups_minute"]),
    );
    for (const name of ["clients", "event_ledger", "later", "schema_migrations"])
      expect(found.get(name), name).not.toBe(userName(database, "maintenance"));
  });
});

describe("providing users", () => {
  it("puts no password into a statement", async () => {
    const { config } = await testDeps();
    const statements: string[] = [];
    const sql = connectPostgres(config.databaseUrl, {
      max: 1,
      onnotice: () => {},
      debug: (_, query, parameters) => void statements.push(query, JSON.stringify(parameters)),
    });
    atEnd(() => sql.end());
    const passwords = newPasswords();
    await provideUsers(sql, passwords);
    const text = statements.join("\n");
    expect(text).toContain("PASSWORD 'SCRAM-SHA-256$");
    for (const password of passwords.values()) expect(text).not.toContain(password);
  });

  it("waits for a query that reads the tables, without holding up others", async () => {
    const deps = await testDeps();
    const reader = connect(deps.config.databaseUrl);
    await reader`BEGIN`;
    await reader`SELECT FROM events`;
    let provided = false;
    const providing = provideUsers(deps.sql, newPasswords()).then(() => {
      provided = true;
    });
    await expect.poll(() => countWaiting(deps), { timeout: 45_000, interval: 20 }).toBe(1);
    await workAt(deps, "shop", Date.now(), [{ eventId: "meanwhile", at: Date.now() }]);
    expect(provided).toBe(false);
    await reader`ROLLBACK`;
    await providing;
  });

  it("accepts any name of a database", async () => {
    const deps = await ownedDatabase("CREATEROLE", "It's-any.name");
    const { as: user, database } = await databaseUsers(deps);
    const [row] = await user("maintenance")`SELECT current_user AS name`;
    expect(row?.name).toBe(`${database}_maintenance`);
  });

  it("refuses a name that PostgreSQL would truncate", () => {
    const longest = "d".repeat(63 - "_maintenance".length);
    expect(userName(longest, "maintenance")).toHaveLength(63);
    expect(() => userName(`${longest}d`, "maintenance")).toThrow("longer than 63 bytes");
    expect(() => userName("ü".repeat(30), "checkpoint")).toThrow("longer than 63 bytes");
  });

  it("refuses an owner without the right to create roles, and says how to grant it", async () => {
    const deps = await ownedDatabase("NOCREATEROLE");
    const owner = new URL(deps.config.databaseUrl).username;
    const attempt = provideUsers(deps.sql, newPasswords());
    await expect(attempt).rejects.toThrow(
      `The database user ${owner} may not create roles: let an administrator run ALTER ROLE "${owner}" CREATEROLE.`,
    );
  });

  it("refuses a user that does not own the database", async () => {
    const [mine, other] = [await ownedDatabase(), await ownedDatabase()];
    const { username, password } = new URL(other.config.databaseUrl);
    const guest = connect(urlAs(mine.config.databaseUrl, username, password));
    await expect(provideUsers(guest, newPasswords())).rejects.toThrow(`OWNER TO "${username}".`);
  });

  it("refuses to change a role of the same name that it has not created, or one with an administrator's rights", async () => {
    const deps = await testDeps();
    const name = userName(databaseOf(deps), "admin");
    const server = superuser();
    await server.unsafe(`CREATE ROLE "${name}" LOGIN PASSWORD 'mine'`);
    await expect(provideUsers(deps.sql, newPasswords())).rejects.toThrow(`The role ${name} exists`);
    expect(await login(urlAs(deps.config.databaseUrl, name, "mine"))).toBeUndefined();
    await server.unsafe(`DROP ROLE "${name}"`);
    await databaseUsers(deps);
    await server.unsafe(`ALTER ROLE "${name}" CREATEDB`);
    await expect(provideUsers(deps.sql, newPasswords())).rejects.toThrow(`The role ${name} has rights`);
  });

  it("changes no password that is not given, and gives a new user none", async () => {
    const deps = await testDeps();
    const name = userName(databaseOf(deps), "drain");
    const first = new Map(newPasswords());
    const drains = first.get("drain" satisfies FunctionUser) ?? "";
    first.delete("drain");
    await provideUsers(deps.sql, first);
    expect(await login(urlAs(deps.config.databaseUrl, name, ""))).toBe("28P01");
    await provideUsers(deps.sql, new Map([["drain", drains]]));
    expect(await login(urlAs(deps.config.databaseUrl, name, drains))).toBeUndefined();
    await provideUsers(deps.sql, first);
    expect(await login(urlAs(deps.config.databaseUrl, name, drains))).toBeUndefined();
  });

  it("refuses to begin if a password is unusable", async () => {
    const deps = await testDeps();
    const passwords = new Map(newPasswords());
    passwords.set("web", "pässword");
    await expect(provideUsers(deps.sql, passwords)).rejects.toThrow("printable ASCII");
    expect(
      await deps.sql`SELECT FROM pg_roles WHERE rolname = ${userName(databaseOf(deps), "web")}`,
    ).toHaveLength(0);
  });
});
