/** Connections to PostgreSQL, Redis and the queue, for what the API can't do, or has to be done without it. */
import { userInfo } from "node:os";
import type { Command } from "commander";
import { closeDeps, createDeps, type Deps } from "../../lib/app/connect.ts";
import { recorded } from "../../lib/audit/record/command.ts";
import type { Log } from "../../lib/base/log.ts";
import { version } from "../../lib/base/version.ts";
import { type Config, ConfigError, loadConfig } from "../../lib/config/config.ts";
import { loadSystemConfig } from "../../lib/config/local.ts";
import type { Changed } from "../../lib/http/call.ts";
import { readDevFile } from "../../local/dev-file.ts";
import { toCliError } from "./explain.ts";

/**
 * Runs an action on the system's servers, and always closes the connections.
 * @throws {CliError}
 */
export async function withDeps<T>(run: (deps: Deps) => Promise<T>): Promise<T> {
  try {
    // Commands print their output themselves.
    const deps = createDeps({ ...(await findConfig()), logLevel: "SILENT" });
    try {
      return await run(deps);
    } finally {
      await closeDeps(deps);
    }
  } catch (error) {
    throw toCliError(error);
  }
}

/**
 * Like `withDeps`, and records the command in the audit log, with method `CLI` and the command's name.
 * @param run calls `changed` with what it changes
 */
export const withAudit = <T>(
  command: Command,
  run: (deps: Deps, changed: Changed) => Promise<T>,
): Promise<T> =>
  withDeps((deps) => {
    const userAgent = `weir-cli/${version} ${userName()}`;
    const log = { error: logLine };
    return recorded(deps, { name: nameOf(command), method: "CLI", userAgent }, log, (changed) =>
      run(deps, changed),
    );
  });

/** The command's full name, such as `client create`. */
function nameOf(command: Command): string {
  const parent = command.parent;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}

/** Falls back to the UID, since users in some containers have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "");
  }
}

/** Logs to standard error in the functions' log format, so that `weir audit recover` can read it. */
const logLine: Log["error"] = (message, ...[rest]) => {
  const { audit } = rest as { audit: unknown };
  console.error(JSON.stringify({ level: "ERROR", message, audit }));
};

/** @throws {ConfigError} if neither the environment nor a running local system gives the servers' addresses */
async function findConfig(): Promise<Config> {
  const { databaseUrl, redisUrl, dataDir } = loadSystemConfig();
  if (databaseUrl !== undefined && redisUrl !== undefined) return loadConfig();
  if (databaseUrl !== undefined || redisUrl !== undefined)
    throw new ConfigError("Set both DATABASE_URL and REDIS_URL, or neither.");
  const dev = await readDevFile(dataDir);
  if (!dev)
    throw new ConfigError(
      "This command connects to PostgreSQL and Redis. Set DATABASE_URL and REDIS_URL, or start Weir with `npm start`.",
    );
  return loadConfig({
    DATABASE_URL: dev.databaseUrl,
    REDIS_URL: dev.redisUrl,
    REDIS_CLUSTER: dev.redisCluster?.toString(),
    REDIS_SHARDS: dev.redisShards?.toString(),
    QUEUE: dev.queue,
    SQS_ENDPOINT: dev.sqsEndpoint,
    SQS_QUEUE_URL: dev.sqsQueueUrl,
  });
}
