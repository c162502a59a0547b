/** What is wrong with PostgreSQL, and how to mend it. */
import { databaseSettings } from "../health/server-settings.ts";
import { readLoad } from "../health/sql/read-load.ts";
import type { Database } from "../postgres/client.ts";
import { migrationNames } from "../postgres/migrate.ts";
import { runwayDays } from "../storage/partitions.ts";
import { readPartitionState } from "../storage/sql/partitions.ts";
import { clockFinding, type Finding, failure, ok, warning } from "./finding.ts";
import { settingFindings } from "./settings.ts";
import { appliedMigrations, readServer, type ServerRow } from "./sql/read-server.ts";

const about = (check: string) => ({ server: "PostgreSQL", check }) as const;

/** The version that tests run on, and the first with which each function can have a user of its own. */
const TESTED_MAJOR = 18;
const USERS_MAJOR = 16;
/** Days of partitions ahead of which the alarm on AWS warns too. */
const FEW_DAYS = 7;
const MANY_CONNECTIONS_PERCENT = 80;
const LONG_TRANSACTION_SECONDS = 900;

/** Never rejects. */
export async function examinePostgres(sql: Database): Promise<Finding[]> {
  try {
    const asked = Date.now();
    const server = await readServer(sql);
    const answered = Date.now();
    const findings = [
      ok(about("reachable"), `as ${server.user}`),
      version(server),
      clockFinding({ server: "PostgreSQL" }, { asked, at: server.at, answered }),
      ...access(server),
      ...transactions(server),
      ...settingFindings("PostgreSQL", await databaseSettings({ sql })),
    ];
    const schema = await schemaFinding(sql);
    return [...findings, schema, ...(schema.state === "ok" ? await contents(sql) : [])];
  } catch (error) {
    return [
      failure(
        about("reachable"),
        (error as Error).message,
        "Check the address, user, password and TLS in DATABASE_URL, and whether a firewall lets this machine in.",
      ),
    ];
  }
}

function version({ version: text, number }: ServerRow): Finding {
  const major = Math.floor(number / 10_000);
  if (major >= TESTED_MAJOR) return ok(about("version"), text);
  const users = major < USERS_MAJOR ? " A user for each function needs 16 or newer." : "";
  return warning(about("version"), text, `Weir is tested on PostgreSQL ${TESTED_MAJOR}: upgrade.${users}`);
}

function access({ read_only: readOnly, may_migrate: mayMigrate, user }: ServerRow): Finding[] {
  const writes = readOnly
    ? failure(about("writes"), "refused", "This server is a standby or read-only: use the primary's address.")
    : ok(about("writes"), "allowed");
  if (mayMigrate !== false) return [writes];
  const owner = `${user} does not own the tables`;
  return [
    writes,
    warning(about("rights"), owner, "Use the owner's login to migrate, and for this command line."),
  ];
}

function transactions({ oldest_transaction_seconds: seconds }: ServerRow): Finding[] {
  const found = about("transactions");
  if (seconds === null || seconds < LONG_TRANSACTION_SECONDS) return [ok(found, "none is open for long")];
  return [
    warning(
      found,
      `one has been open for ${Math.round(seconds / 60)} minutes`,
      "It holds up vacuum, erasures and new partitions: find it in pg_stat_activity, and end it.",
    ),
  ];
}

async function schemaFinding(sql: Database): Promise<Finding> {
  const [applied, known] = [await appliedMigrations(sql), await migrationNames()];
  const schema = about("schema");
  if (applied === undefined) return failure(schema, "has no tables", "Run `npm run migrate`.");
  const missing = known.filter((name) => !applied.includes(name));
  const [newer] = applied.filter((name) => !known.includes(name));
  if (newer !== undefined)
    return failure(schema, `has migration ${newer}, which is newer than this Weir`, "Update Weir.");
  if (missing.length === 0) return ok(schema, `up to date (${applied.at(-1)})`);
  return failure(schema, `lacks ${missing.join(", ")}`, "Run `npm run migrate`.");
}

async function contents(sql: Database): Promise<Finding[]> {
  const [{ names, defaultRows }, load] = [await readPartitionState(sql), await readLoad(sql)];
  const days = runwayDays(names, Date.now());
  const runway = `reach ${days} days ahead`;
  const percent = Math.round(load.connectionsPercent);
  const used = `${percent} % of max_connections in use`;
  return [
    days >= FEW_DAYS
      ? ok(about("partitions"), runway)
      : warning(
          about("partitions"),
          runway,
          "Maintenance does not run, or something holds its locks: see its log.",
        ),
    ...(defaultRows === 0
      ? []
      : [
          warning(
            about("partitions"),
            `${defaultRows} rows are in a DEFAULT partition`,
            "Maintenance moves them within an hour; if they stay, see its log.",
          ),
        ]),
    percent < MANY_CONNECTIONS_PERCENT
      ? ok(about("connections"), used)
      : warning(about("connections"), used, "Raise max_connections, or run fewer instances or a pooler."),
    load.quarantined === 0
      ? ok(about("quarantine"), "empty")
      : warning(
          about("quarantine"),
          `${load.quarantined} events`,
          "See the reasons with `weir quarantine list`, and redrive.",
        ),
  ];
}
