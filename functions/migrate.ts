/**
 * Migrates the database's schema, and gives each function its secret: during each deployment, when CloudFormation invokes it,
 * and manually with `serverless invoke -f migrate`. A manual run can also create the first keys, since only the functions
 * can reach the database.
 */
import * as z from "zod";
import { closeDeps, createDeps, type Deps } from "../lib/app/connect.ts";
import { getDeps } from "../lib/app/connect-once.ts";
import { provideSecrets } from "../lib/app/function-secrets.ts";
import { readStageSecret } from "../lib/app/stage-secret.ts";
import { recordedInDatabase } from "../lib/audit/record/command.ts";
import { answerCloudFormation, isCloudFormationRequest } from "../lib/aws/custom-resource.ts";
import { Secrets } from "../lib/aws/secrets.ts";
import type { Scope } from "../lib/base/scope.ts";
import { createClient, getClient } from "../lib/clients/clients.ts";
import { createKey, type NewKey } from "../lib/clients/keys.ts";
import { loadConfigWith } from "../lib/config/config.ts";
import { loadStageSettings } from "../lib/config/secret.ts";
import { bringUpToDate, bringUpToDateUnlessNewer } from "../lib/storage/bring-up-to-date.ts";

/** Valid from here and from the bundle, which has the same place in its package. */
const MIGRATIONS = new URL("../lib/postgres/migrations/", import.meta.url);

const commandSchema = z.strictObject({
  /** Id of a client that gets a new key with the scope `admin`; it is created if it does not exist. */
  admin_client: z.string().optional(),
  /** Id of a client that gets a new key with the scopes `ingest` and `read`; it is created if it does not exist. */
  client: z.string().optional(),
  /** Whether the functions' users in PostgreSQL get new passwords. */
  rotate_passwords: z.boolean().default(false),
});

interface Migrated {
  migrations: string[];
  partitions: number;
  /** Functions whose secret has changed. */
  secrets: string[];
  /** With its secret, which is shown only once. */
  admin_key?: NewKey;
  key?: NewKey;
}

/** Returns what it did. @throws if the migration fails or the command is invalid */
export async function handler(event: unknown): Promise<Migrated | undefined> {
  if (!isCloudFormationRequest(event)) {
    const command = commandSchema.parse(event ?? {});
    return withDeps(async (deps, provide) => ({
      ...(await bringUpToDate(deps, MIGRATIONS)),
      secrets: await provide({ rotate: command.rotate_passwords }),
      ...(command.admin_client !== undefined && {
        admin_key: await addKey(deps, "admin_client", command.admin_client, ["admin"]),
      }),
      ...(command.client !== undefined && {
        key: await addKey(deps, "client", command.client, ["ingest", "read"]),
      }),
    }));
  }
  await answerCloudFormation(event, async () => {
    // Deleting the stack keeps the data.
    if (event.RequestType === "Delete") return;
    await withDeps(async (deps, provide) => {
      await bringUpToDateUnlessNewer(deps, MIGRATIONS);
      await provide({ rotate: false });
    });
  });
  return undefined;
}

type Provide = (options: { rotate: boolean }) => Promise<string[]>;

/** Runs with the owner's connections. The stage's secret is read anew for each run: somebody may have changed it. */
async function withDeps<T>(run: (deps: Deps, provide: Provide) => Promise<T>): Promise<T> {
  const settings = loadStageSettings();
  if (settings.stageSecretId === undefined) return run(await getDeps(), async () => []);
  const secrets = new Secrets(settings);
  const stage = await readStageSecret(secrets, settings.stageSecretId);
  const deps = createDeps(
    loadConfigWith({ DATABASE_URL: stage.directUrl ?? stage.databaseUrl, REDIS_URL: stage.redisUrl }),
  );
  try {
    return await run(deps, (options) => provideSecrets({ sql: deps.sql, secrets }, stage, settings, options));
  } finally {
    secrets.close();
    await closeDeps(deps);
  }
}

async function addKey(deps: Deps, name: string, clientId: string, scopes: Scope[]): Promise<NewKey> {
  const command = { name: `migrate ${name}`, method: "INVOKE", userAgent: null } as const;
  return recordedInDatabase(deps, command, async (changed) => {
    const title = scopes.includes("admin") ? "Administrator" : clientId;
    const client =
      (await getClient(deps, clientId)) === null
        ? await createClient(deps, { client_id: clientId, name: title })
        : undefined;
    return createKey(deps, clientId, { scopes }, ({ before, after }) =>
      changed({ before, after: { client, key: after } }),
    );
  });
}
