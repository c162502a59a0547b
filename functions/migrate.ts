/**
 * Brings the database's schema up to date: in the middle of each deployment, when CloudFormation asks for it, and by
 * hand with `serverless invoke -f migrate`. By hand it can also make the first administrator, since the database is
 * out of everybody's reach but the functions'.
 */
import { z } from "zod";
import { getDeps } from "../lib/app/connect-once.ts";
import { recordedInDatabase } from "../lib/audit/record/command.ts";
import { answerCloudFormation, isCloudFormationRequest } from "../lib/aws/custom-resource.ts";
import { createClient, getClient } from "../lib/clients/clients.ts";
import { createKey, type NewKey } from "../lib/clients/keys.ts";
import { migrate, NewerSchemaError } from "../lib/postgres/migrate.ts";
import { ensurePartitions } from "../lib/storage/partitions.ts";

/** Seen from here and from the bundle, which lies in the same place of its package. */
const MIGRATIONS = new URL("../lib/postgres/migrations/", import.meta.url);

const commandSchema = z.strictObject({
  /** Id of a client to make, unless it is there, and to give a new key with the scope `admin`. */
  admin_client: z.string().optional(),
});

interface Migrated {
  migrations: string[];
  partitions: number;
  /** With its secret, which is shown this once. */
  admin_key?: NewKey;
}

/** Answers what it did. @throws if the schema could not be brought up to date, or the command is none */
export async function handler(event: unknown): Promise<Migrated | undefined> {
  if (!isCloudFormationRequest(event)) {
    const { admin_client: clientId } = commandSchema.parse(event ?? {});
    const done = await bringUpToDate();
    return clientId === undefined ? done : { ...done, admin_key: await addAdministrator(clientId) };
  }
  await answerCloudFormation(event, async () => {
    // The stack goes; the data stays.
    if (event.RequestType !== "Delete") await bringUpToDate().catch(acceptNewer);
  });
  return undefined;
}

async function bringUpToDate(): Promise<Migrated> {
  const { config, sql, log } = getDeps();
  const migrations = await migrate(config.databaseUrl, MIGRATIONS);
  const partitions = await ensurePartitions(sql, config);
  log.info("migrated", { migrations, partitions });
  return { migrations, partitions: partitions.length };
}

async function addAdministrator(clientId: string): Promise<NewKey> {
  const deps = getDeps();
  const command = { name: "migrate admin_client", method: "INVOKE", userAgent: null } as const;
  return recordedInDatabase(deps, command, async (changed) => {
    const client =
      (await getClient(deps, clientId)) === null
        ? await createClient(deps, { client_id: clientId, name: "Administrator" })
        : undefined;
    return createKey(deps, clientId, { scopes: ["admin"] }, ({ before, after }) =>
      changed({ before, after: { client, key: after } }),
    );
  });
}

/**
 * A deployment that is taken back runs the former code on a schema that is ahead already. Refusing that would leave
 * the stack half way; migrations are made so that the version before can live with them.
 */
function acceptNewer(error: unknown): void {
  if (!(error instanceof NewerSchemaError)) throw error;
  getDeps().log.warn("schema-is-newer", { error });
}
