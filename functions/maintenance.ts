/** Once an hour: creates partitions, advances erasures, deletes expired data, refreshes statistics, archives closed days. */
import type { Context } from "aws-lambda";
import { loadOwnConfig } from "../lib/app/own-config.ts";
import { maintenanceDeps } from "../lib/maintenance/connect.ts";
import { type Maintained, type MaintenanceDeps, maintain } from "../lib/maintenance/maintenance.ts";

/** Reserved before the function's time-out: the current step is aborted when the time is up, and rolled back. */
const RESERVE_MS = 20_000;

let deps: Promise<MaintenanceDeps> | undefined;

async function connect(): Promise<MaintenanceDeps> {
  const { config, renew } = await loadOwnConfig();
  return maintenanceDeps(config, renew);
}

/** Returns what it has done. */
export async function handler(_event: unknown, context: Context): Promise<Maintained> {
  // The run after a failed one tries again.
  deps ??= connect().catch((error: unknown) => {
    deps = undefined;
    throw error;
  });
  return maintain(await deps, { endsAt: Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS });
}
