/** The demo client and the administrator of a local system, and their keys, which persist across restarts. */
import type { Deps } from "../lib/app/connect.ts";
import { createClient, getClient } from "../lib/clients/clients.ts";
import { createKey, findKey } from "../lib/clients/keys.ts";
import { readDevFile } from "./dev-file.ts";

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
