/** What runs beside the API: workers that store events, and the functions that run on a schedule. */
import { handler as checkpoint } from "../functions/checkpoint.ts";
import { handler as health } from "../functions/health.ts";
import { handler as maintenance } from "../functions/maintenance.ts";
import type { Deps } from "../lib/app/connect.ts";
import type { ServeConfig } from "../lib/config/serve.ts";
import { type Schedule, startSchedules } from "./schedules.ts";
import { startWorkers } from "./workers.ts";

/** Milliseconds that a stop waits for a scheduled run. Each of its steps may be cut off; the next run continues. */
const STOP_MS = 5_000;
const MINUTE_MS = 60_000;

/** @returns a function that stops it, and resolves when the current batches are settled */
export function startBackground(deps: Deps, settings: ServeConfig): () => Promise<void> {
  const workers = startWorkers(deps, settings.workerConcurrency);
  const schedules = startSchedules(deps, schedulesOf(deps, settings));
  return async () => {
    await Promise.all([workers.stop(), schedules.stop(STOP_MS)]);
  };
}

/** The schedules and time-outs of serverless.yml. */
function schedulesOf({ config, log }: Deps, { checkpointMinutes }: ServeConfig): Schedule[] {
  const schedules: Schedule[] = [
    { name: "health", everyMs: MINUTE_MS, timeoutMs: 10_000, run: health },
    {
      name: "maintenance",
      everyMs: 60 * MINUTE_MS,
      timeoutMs: 15 * MINUTE_MS,
      // As Lambda retries an asynchronous invocation.
      retryMs: [MINUTE_MS, 2 * MINUTE_MS],
      run: maintenance,
    },
  ];
  if (config.auditSigning === undefined)
    log.warn("checkpoints-off", {
      reason: "Set AUDIT_SIGNING_KEY or AUDIT_KMS_KEY_ID to sign the audit trail.",
    });
  else
    schedules.push({
      name: "checkpoint",
      everyMs: checkpointMinutes * MINUTE_MS,
      timeoutMs: MINUTE_MS,
      run: checkpoint,
    });
  return schedules;
}
