import { loadConfig } from "../config/config.ts";
import { ping } from "../postgres/ping.ts";
import { createDeps, type Deps } from "./connect.ts";

let deps: Deps | undefined;

/**
 * The dependencies of the use cases, created at the first call and kept for the lifetime of the function instance, so
 * that an instance keeps its connections while it is frozen.
 * @throws {ConfigError} naming every environment variable that is missing or wrong
 */
export function getDeps(): Deps {
  deps ??= createDeps(loadConfig());
  return deps;
}

/** Gives the functions of this process their dependencies, for a server that creates them itself. */
export function provideDeps(created: Deps): void {
  deps = created;
}

/**
 * Like {@link getDeps}, for functions whose first call needs PostgreSQL after Redis has checked the API key: both
 * connections open in parallel. If PostgreSQL is unavailable, the statement that needs it reports the error.
 */
export function getConnectedDeps(): Deps {
  if (deps === undefined) ping(getDeps().sql).catch(() => {});
  return getDeps();
}
