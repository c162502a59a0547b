/**
 * Brings the database's schema up to date: in the middle of each deployment, when CloudFormation asks for it, and by
 * hand with `serverless invoke -f migrate`.
 */
import { answerCloudFormation, isCloudFormationRequest } from "../lib/custom-resource.ts";
import { getDeps } from "../lib/deps-once.ts";
import { migrate, NewerSchemaError } from "../lib/migrate.ts";
import { ensurePartitions } from "../lib/partitions.ts";

interface Migrated {
  migrations: string[];
  partitions: number;
}

/** Answers what it did. @throws if the schema could not be brought up to date */
export async function handler(event: unknown): Promise<Migrated | undefined> {
  if (!isCloudFormationRequest(event)) return bringUpToDate();
  await answerCloudFormation(event, async () => {
    // The stack goes; the data stays.
    if (event.RequestType !== "Delete") await bringUpToDate().catch(acceptNewer);
  });
  return undefined;
}

async function bringUpToDate(): Promise<Migrated> {
  const { config, sql, log } = getDeps();
  const migrations = await migrate(config.databaseUrl);
  const partitions = await ensurePartitions(sql, config);
  log.info("migrated", { migrations, partitions });
  return { migrations, partitions: partitions.length };
}

/**
 * A deployment that is taken back runs the former code on a schema that is ahead already. Refusing that would leave
 * the stack half way; migrations are made so that the version before can live with them.
 */
function acceptNewer(error: unknown): void {
  if (!(error instanceof NewerSchemaError)) throw error;
  getDeps().log.warn("schema-is-newer", { error });
}
