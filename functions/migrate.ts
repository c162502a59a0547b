/**
 * Migrates the database's schema: during each deployment, when CloudFormation invokes it, and manually with
 * `serverless invoke -f migrate`. A manual run can also create the first administrator, since only the functions can
 * reach the database.
 */
import * as z from "zod";
import { getDeps } from "../lib/app/connect-once.ts";
import { recordedInDatabase } from "../lib/audit/record/command.ts";
import { answerCloudFormation, isCloudFormationRequest } from "../lib/aws/custom-resource.ts";
import { createClient, getClient } from "../lib/clients/clients.ts";
import { createKey, type NewKey } from "../lib/clients/keys.ts";
import { bringUpToDate, bringUpToDateUnlessNewer } from "../lib/storage/bring-up-to-date.ts";

/** Valid from here and from the bundle, which has the same place in its package. */
const MIGRATIONS = new URL("../lib/postgres/migrations/", import.meta.url);

const commandSchema = z.strictObject({
  /** Id of a client that gets a new key with the scope `admin`; it is created if it does not exist. */
  admin_client: z.string().optional(),
});

interface Migrated {
  migrations: string[];
  partitions: number;
  /** With its secret, which is shown only once. */
  admin_key?: NewKey;
}

/** Returns what it did. @throws if the migration fails or the command is invalid */
export async function handler(event: unknown): Promise<Migrated | undefined> {
  if (!isCloudFormationRequest(event)) {
    const { admin_client: clientId } = commandSchema.parse(event ?? {});
    const done = await bringUpToDate(getDeps(), MIGRATIONS);
    return clientId === undefined ? done : { ...done, admin_key: await addAdministrator(clientId) };
  }
  await answerCloudFormation(event, async () => {
    // Deleting the stack keeps the data.
    if (event.RequestType !== "Delete") await bringUpToDateUnlessNewer(getDeps(), MIGRATIONS);
  });
  return undefined;
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
