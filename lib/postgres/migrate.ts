/** Brings the schema up to date from numbered `.sql` files, one transaction each. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { connectPostgres } from "./client.ts";

/** "weir" in ASCII. Any constant works if every version of Weir uses the same. */
const ADVISORY_LOCK = 0x77656972;
const FOLDER = new URL("./migrations/", import.meta.url);

/** The database has a migration that this version of Weir does not know. */
export class NewerSchemaError extends Error {
  override name = "NewerSchemaError";
}

interface Migration {
  version: number;
  name: string;
  text: string;
  checksum: string;
}

/** Names of the migrations that this version knows, oldest first. */
export const migrationNames = async (folder: URL = FOLDER): Promise<string[]> =>
  (await readdir(folder)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();

async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = await migrationNames(folder);
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), "utf8");
      const checksum = createHash("sha256").update(text).digest("hex");
      return { version: Number(name.slice(0, 4)), name, text, checksum };
    }),
  );
}

/**
 * Applies missing migrations under an advisory lock, so that concurrent deployments wait for each other.
 * @returns the names of the migrations that were applied, oldest first
 * @throws {NewerSchemaError} if the database has a version that this code does not know
 * @throws if an applied file has been edited since
 */
export async function migrate(databaseUrl: string, folder: URL = FOLDER): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const sql = connectPostgres(databaseUrl, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: "weir-migrate" },
  });
  try {
    await sql`SELECT pg_advisory_lock(${ADVISORY_LOCK})`;
    await sql`CREATE TABLE IF NOT EXISTS schema_migrations (
      version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;
    const applied = await sql<
      Migration[]
    >`SELECT version, name, checksum FROM schema_migrations ORDER BY version`;
    checkApplied(applied, migrations);
    const missing = migrations.slice(applied.length);
    for (const { version, name, text, checksum } of missing) {
      await sql.begin(async (tx) => {
        await tx.unsafe(text);
        await tx`INSERT INTO schema_migrations (version, name, checksum) VALUES (${version}, ${name}, ${checksum})`;
      });
    }
    return missing.map(({ name }) => name);
  } finally {
    // Ending the session releases the lock.
    await sql.end({ timeout: 5 });
  }
}

function checkApplied(applied: readonly Migration[], known: readonly Migration[]): void {
  for (const [index, { version, name, checksum }] of applied.entries()) {
    const file = known[index];
    if (file === undefined)
      throw new NewerSchemaError(
        `The database is newer than this version of Weir: it has migration ${name}. Update Weir.`,
      );
    if (file.version !== version || file.checksum !== checksum)
      throw new Error(
        `Migration ${name} was changed after it was applied. Restore the file; add a new one instead.`,
      );
  }
}
