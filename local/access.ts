/** The demo client and the administrator of a local system, and their keys, which persist across restarts. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Deps } from "../lib/app/connect.ts";
import { createClient, getClient } from "../lib/clients/clients.ts";
import { createKey, findKey } from "../lib/clients/keys.ts";
import { QUEUES } from "../lib/config/config.ts";

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
  /** Whether it is a cluster, and its number of shards; if absent, a single server without shards. */
  redisCluster: z.boolean().optional(),
  redisShards: z.number().optional(),
  queue: z.enum(QUEUES),
  /** With SQS: the emulator's URL, if any, and the queue. */
  sqsEndpoint: z.string().optional(),
  sqsQueueUrl: z.string().optional(),
  /** File with the public key that verifies the audit trail's checkpoints, if it was generated here. */
  auditPublicKey: z.string().optional(),
});

/** What other programs need to connect to a running local system. */
export type DevFile = z.output<typeof devFileSchema>;

const fileName = (dataDir: string): string => join(dataDir, "dev.json");

export const writeDevFile = (dataDir: string, content: DevFile): Promise<void> =>
  writeFile(fileName(dataDir), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });

/** Reads the file of the last start; undefined if missing or invalid. */
export async function readDevFile(dataDir: string): Promise<DevFile | undefined> {
  try {
    return devFileSchema.parse(JSON.parse(await readFile(fileName(dataDir), "utf8")));
  } catch {
    return undefined;
  }
}

/** Creates the two clients if missing, and keys for them unless those of the last start still work. */
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
  // The database stores only hashes: a key can be tested, not looked up.
  const known = former === undefined ? null : await findKey(deps, former);
  if (former !== undefined && known?.client_id === client.client_id) return former;
  const { secret } = await createKey(deps, client.client_id, { scopes: [...scopes] });
  return secret;
}
