import { Secrets } from "../aws/secrets.ts";
import { type Config, loadConfig, loadConfigWith, type RenewConfig } from "../config/config.ts";
import { loadSecretSettings } from "../config/secret.ts";
import { outage } from "../http/errors.ts";
import { OwnSecret } from "./own-secret.ts";

/** The settings of this function, and how to read them again if they are in a secret. */
export interface OwnConfig {
  config: Config;
  renew: RenewConfig | undefined;
}

let own: OwnSecret | undefined;

function openSecret(id: string, region: string): OwnSecret {
  const secrets = new Secrets({ region });
  return new OwnSecret(() => secrets.read(id));
}

/**
 * From the environment and the secret that it names.
 * @throws {ConfigError} naming every variable that is missing or wrong
 * @throws {Problem} `database-unavailable` if the secret can't be read
 */
export async function loadOwnConfig(): Promise<OwnConfig> {
  const { secretId, region } = loadSecretSettings();
  if (secretId === undefined) return { config: loadConfig(), renew: undefined };
  own ??= openSecret(secretId, region);
  const secret = own;
  return {
    config: loadConfigWith(await secret.load().catch(outage("database"))),
    renew: async () => loadConfigWith(await secret.renew()),
  };
}
