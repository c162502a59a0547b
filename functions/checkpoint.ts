/** Makes a signed checkpoint of the audit trail every few minutes. */
import type { Context } from "aws-lambda";
import { checkpointDeps } from "../lib/audit/checkpoint/connect.ts";
import { type CheckpointDeps, type Checkpointed, runCheckpoint } from "../lib/audit/checkpoint/make.ts";
import { loadConfig } from "../lib/config/config.ts";

/** Reserved before the function's time-out: a copy that has begun ends within this time. */
const RESERVE_MS = 20_000;

let deps: CheckpointDeps | undefined;

/** Returns what it has done. Fails, to raise the alarm, if the trail is damaged or a copy could not be made. */
export function handler(_event: unknown, context: Context): Promise<Checkpointed> {
  deps ??= checkpointDeps(loadConfig());
  return runCheckpoint(deps, { endsAt: Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS });
}
