import type { Log } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../postgres/client.ts";
import { migrate, NewerSchemaError } from "../postgres/migrate.ts";
import { ensurePartitions } from "./partitions.ts";

/**
 * Applies missing migrations and creates the next partitions. Concurrent runs wait for each other.
 * @param folder of the migrations, if a bundle has them elsewhere
 * @returns the migrations that were applied, and the number of partitions that were created
 * @throws {NewerSchemaError} if the database has a migration that this version does not know
 */
export async function bringUpToDate(
  { config, sql, log }: { config: Config; sql: Database; log: Log },
  folder?: URL,
): Promise<{ migrations: string[]; partitions: number }> {
  const migrations = await migrate(config.databaseUrl, folder);
  const partitions = await ensurePartitions(sql, config);
  log.info("migrated", { migrations, partitions: partitions.length });
  return { migrations, partitions: partitions.length };
}

/**
 * Like {@link bringUpToDate}, but leaves a newer schema as it is. A rolled-back update runs the previous version on it:
 * refusing that would leave the system half updated, and migrations are written so that the previous version works.
 */
export async function bringUpToDateUnlessNewer(...words: Parameters<typeof bringUpToDate>): Promise<void> {
  try {
    await bringUpToDate(...words);
  } catch (error) {
    if (!(error instanceof NewerSchemaError)) throw error;
    words[0].log.warn("schema-is-newer", { error });
  }
}
