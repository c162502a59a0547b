import { loadConfig } from "./config.ts";
import { createDeps, type Deps } from "./deps.ts";

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
