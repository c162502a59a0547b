import { loadSecretSettings } from "../config/secret.ts";
import { ping } from "../postgres/ping.ts";
import { createDeps, type Deps } from "./connect.ts";
import { loadOwnConfig } from "./own-config.ts";

let deps: Promise<Deps> | undefined;

async function connect(): Promise<Deps> {
  const { config, renew } = await loadOwnConfig();
  return createDeps(config, renew);
}

/**
 * The dependencies of the use cases, created at the first call and kept for the lifetime of the function instance, so
 * that an instance keeps its connections while it is frozen. The call after a failed one tries again.
 * @throws as `loadOwnConfig`
 */
export function getDeps(): Promise<Deps> {
  deps ??= connect().catch((error: unknown) => {
    deps = undefined;
    throw error;
  });
  return deps;
}

/** Gives the functions of this process their dependencies, for a server that creates them itself. */
export function provideDeps(created: Deps): void {
  deps = Promise.resolve(created);
}

let pinged = false;

/**
 * Like {@link getDeps}, for functions whose first call needs PostgreSQL after Redis has checked the API key: both
 * connections open in parallel. If PostgreSQL is unavailable, the statement that needs it reports the error.
 */
export async function getConnectedDeps(): Promise<Deps> {
  const connected = await getDeps();
  if (!pinged) ping(connected.sql).catch(() => {});
  pinged = true;
  return connected;
}

// While an instance starts, Lambda gives it a full processor, and with provisioned concurrency nobody waits for it. If the
// secret can't be read, the first call reports why.
if (loadSecretSettings().secretId !== undefined) await getDeps().catch(() => {});
