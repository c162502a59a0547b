import { loadConfig } from "../config/config.ts";
import { ping } from "../postgres/ping.ts";
import { createDeps, type Deps } from "./connect.ts";

let deps: Deps | undefined;

/**
 * What the use cases work with, made with the first call and kept as long as the function instance lives: a frozen
 * instance finds its connections again.
 * @throws {ConfigError} naming every variable of the environment that is missing or wrong
 */
export function getDeps(): Deps {
  deps ??= createDeps(loadConfig());
  return deps;
}

/**
 * As {@link getDeps}, for functions whose first call needs PostgreSQL after Redis has checked its key: the two connections
 * open side by side. Where this one fails, the statement that needs it will tell.
 */
export function getConnectedDeps(): Deps {
  if (deps === undefined) ping(getDeps().sql).catch(() => {});
  return getDeps();
}
