/** The system that a command works on: its API, or, for some commands, its servers. */
import type { Command } from "commander";
import type { Scope } from "../lib/base/scope.ts";
import { findAccess, saysWhere, type Where } from "./access/access.ts";
import { type Api, httpApi } from "./api/api.ts";
import { usageError } from "./errors.ts";
import { environment } from "./settings.ts";

interface Need {
  /** Scope of the key. */
  scope: Scope;
  /** Whether the command can also use PostgreSQL and Redis themselves: without a key, and while no API runs. */
  servers?: boolean;
}

/**
 * Runs an action with the API. A command that can do without it uses the servers with `--direct`, or if DATABASE_URL or
 * REDIS_URL is set and nothing says which API to call.
 * @throws {CliError}
 */
export async function withSystem<T>(
  command: Command,
  { scope, servers = false }: Need,
  run: (api: Api) => Promise<T>,
): Promise<T> {
  const options = command.optsWithGlobals<Where & { direct?: boolean }>();
  if (options.direct && !servers)
    throw usageError("This command calls the API; it can't use the servers themselves. Leave out --direct.");
  if (options.direct || (servers && environment.hasServers && !saysWhere(options))) {
    // Loaded only here: clients of PostgreSQL, Redis and SQS.
    const { withServersApi } = await import("./servers/api.ts");
    return withServersApi(command, run);
  }
  return run(httpApi(await findAccess(options, scope)));
}
