import type { Scope } from "../../lib/base/scope.ts";
import { ConfigError } from "../../lib/config/config.ts";
import { loadSystemConfig } from "../../lib/config/local.ts";
import { readDevFile } from "../../local/access.ts";

/** The address of the API, and a key. */
export interface Access {
  url: string;
  key: string;
}

/**
 * Those of the system that `npm start` runs, unless the command or WEIR_API_KEY says otherwise.
 * @param scope that the key needs, for the message
 * @throws {ConfigError} if the address or the key is missing
 */
export async function findAccess({ url }: { url?: string }, scope: Scope): Promise<Access> {
  const dev = url === undefined ? await readDevFile(loadSystemConfig().dataDir) : undefined;
  // The key of a local system is not sent to another one.
  const key = process.env.WEIR_API_KEY ?? dev?.apiKey;
  const address = url ?? dev?.url;
  if (address === undefined) throw new ConfigError("Start Weir with `npm start`, or specify --url.");
  if (key === undefined) throw new ConfigError(`Set WEIR_API_KEY to a key with the scope ${scope}.`);
  if (!/^https?:\/\//.test(address) || !URL.canParse(address))
    throw new ConfigError(`--url must be an http or https URL; it is ${JSON.stringify(address)}.`);
  return { url: address, key };
}
