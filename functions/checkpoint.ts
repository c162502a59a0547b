/** Makes a signed checkpoint of the audit trail every few minutes. */
import type { Context } from "aws-lambda";
import { loadOwnConfig } from "../lib/app/own-config.ts";
import { checkpointDeps } from "../lib/audit/checkpoint/connect.ts";
import { type CheckpointDeps, type Checkpointed, runCheckpoint } from "../lib/audit/checkpoint/make.ts";

/** Reserved before the function's time-out: a copy that has begun ends within this time. */
const RESERVE_MS = 20_000;

let deps: Promise<CheckpointDeps> | undefined;

async function connect(): Promise<CheckpointDeps> {
  const { config, renew } = await loadOwnConfig();
  return checkpointDeps(config, renew);
}

/** Returns what it has done. Fails, to raise the alarm, if the trail is damaged or a copy could not be made. */
export async function handler(_event: unknown, context: Context): Promise<Checkpointed> {
  // The run after a failed one tries again.
  deps ??= connect().catch((error: unknown) => {
    deps = undefined;
    throw error;
  });
  return runCheckpoint(await deps, { endsAt: Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS });
}
