import { createLogger } from "../base/log.ts";
import type { Config, RenewConfig } from "../config/config.ts";
import { connectDatabase } from "../postgres/client.ts";
import { renewDatabasePassword } from "../postgres/login.ts";
import type { MaintenanceDeps } from "./maintenance.ts";

/**
 * The dependencies of the maintenance: no Redis and no queue. Two connections, one for the lock that prevents concurrent runs
 * and one for the work; they open at first use.
 * @param renew if given, called when the database refuses the password
 */
export const maintenanceDeps = (config: Config, renew?: RenewConfig): MaintenanceDeps => ({
  config,
  sql: connectDatabase({ ...config, databasePoolSize: 2 }, renewDatabasePassword(renew)),
  log: createLogger(config),
});
