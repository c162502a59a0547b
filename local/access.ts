/** The demo client and the administrator that a local system has, and their keys, kept over restarts. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Deps } from "../lib/app/connect.ts";
import { createClient, getClient } from "../lib/clients/clients.ts";
import { createKey, findKey } from "../lib/clients/keys.ts";

const DEMO = {
  client_id: "demo",
  name: "Demo",
  rate_limit_per_second: 10_000,
  burst: 20_000,
  scopes: ["ingest", "read"],
} as const;
const ADMIN = {
  client_id: "admin",
  name: "Administrator",
  rate_limit_per_second: 1_000,
  burst: 2_000,
  scopes: ["admin"],
} as const;

const devFileSchema = z.object({
  url: z.string(),
  apiKey: z.string(),
  adminKey: z.string(),
  databaseUrl: z.string(),
  redisUrl: z.string(),
  /** Whether it is a cluster, and how many shards it has; a server without shards where they are left out. */
  redisCluster: z.boolean().optional(),
  redisShards: z.number().optional(),
  queue: z.enum(["redis", "sqs"]),
  /** With SQS: the server that stands in for it, if any, and the queue. */
  sqsEndpoint: z.string().optional(),
  sqsQueueUrl: z.string().optional(),
  /** File with the public key that checkpoints of the audit trail are signed with, where it was made here. */
  auditPublicKey: z.string().optional(),
});

/** What other programs need to talk to a running local system. */
export type DevFile = z.output<typeof devFileSchema>;

const fileName = (dataDir: string): string => join(dataDir, "dev.json");

export const writeDevFile = (dataDir: string, content: DevFile): Promise<void> =>
  writeFile(fileName(dataDir), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });

/** What the last start wrote; undefined if there is nothing usable. */
export async function readDevFile(dataDir: string): Promise<DevFile | undefined> {
  try {
    return devFileSchema.parse(JSON.parse(await readFile(fileName(dataDir), "utf8")));
  } catch {
    return undefined;
  }
}

/** Makes the two clients if they are missing, and keys for them unless those of the last start still work. */
export async function ensureAccess(
  deps: Deps,
  dataDir: string,
): Promise<{ apiKey: string; adminKey: string }> {
  const former = await readDevFile(dataDir);
  const apiKey = await ensureKey(deps, DEMO, former?.apiKey);
  const adminKey = await ensureKey(deps, ADMIN, former?.adminKey);
  return { apiKey, adminKey };
}

async function ensureKey(deps: Deps, account: typeof DEMO | typeof ADMIN, former?: string): Promise<string> {
  const { scopes, ...client } = account;
  if ((await getClient(deps, client.client_id)) === null) await createClient(deps, client);
  // The database holds hashes only: a key can be tried, never looked up.
  const known = former === undefined ? null : await findKey(deps, former);
  if (former !== undefined && known?.client_id === client.client_id) return former;
  const { secret } = await createKey(deps, client.client_id, { scopes: [...scopes] });
  return secret;
}
