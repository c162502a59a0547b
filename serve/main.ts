/**
 * `npm run serve`: Weir on one machine or in a container, with DATABASE_URL and REDIS_URL: the functions behind HTTP, and
 * beside them the workers and schedules. Several servers may share one database.
 */
import { fileURLToPath } from "node:url";
import { closeDeps, createDeps } from "../lib/app/connect.ts";
import { provideDeps } from "../lib/app/connect-once.ts";
import type { Log } from "../lib/base/log.ts";
import { ConfigError, loadConfig } from "../lib/config/config.ts";
import { loadServeConfig, type ServeConfig } from "../lib/config/serve.ts";
import { bringUpToDateUnlessNewer } from "../lib/storage/bring-up-to-date.ts";

/** Connections to PostgreSQL, unless DATABASE_POOL_SIZE is set. */
const API_CONNECTIONS = 10;
/** Besides one for each worker: for health checks. The maintenance opens two of its own, and a checkpoint one. */
const SCHEDULE_CONNECTIONS = 1;

async function run(): Promise<void> {
  const settings = loadServeConfig();
  const { serve, backgroundProcesses, workerConcurrency } = settings;
  const hasBackground = serve === "background" || (serve === "all" && backgroundProcesses === 0);
  const connections =
    (serve === "background" ? 0 : API_CONNECTIONS) +
    (hasBackground ? workerConcurrency + SCHEDULE_CONNECTIONS : 0);
  const config = loadConfig({
    DATABASE_POOL_SIZE: String(connections),
    INGEST_COALESCE: "true",
    ...process.env,
  });
  const deps = createDeps(config);
  const { log } = deps;
  provideDeps(deps);
  const stopTracing = settings.exportsTraces ? await exportTraces(settings, log) : undefined;
  const stops: (() => Promise<void>)[] = [];
  const stopped = untilStopped();
  try {
    if (settings.migrate) await bringUpToDateUnlessNewer(deps);
    if (hasBackground) {
      const { startBackground } = await import("./background.ts");
      stops.push(startBackground(deps, settings));
    } else if (serve === "all") {
      const { startChildren } = await import("./children.ts");
      const env = { ...process.env, SERVE: "background", MIGRATE: "false" };
      stops.push(startChildren(fileURLToPath(import.meta.url), { count: backgroundProcesses, env, log }));
    }
    let url: string | undefined;
    if (serve !== "background") {
      const { startApi } = await import("./api.ts");
      const api = await startApi(settings);
      stops.push(api.stop);
      url = api.url;
    }
    log.info("ready", { serve, url });
    log.info("stopping", { reason: await stopped });
  } finally {
    await Promise.allSettled(stops.map((stop) => stop()));
    await closeDeps(deps);
    await stopTracing?.();
  }
}

/** Loads the SDK only if it is used. @returns a function that sends the last spans */
async function exportTraces(settings: ServeConfig, log: Log): Promise<() => Promise<void>> {
  const { startTracing } = await import("./tracing.ts");
  const part = settings.serve === "all" && settings.backgroundProcesses > 0 ? "api" : settings.serve;
  return startTracing(part, settings.traceLinkLimit, log);
}

/** Ctrl-C arrives from the terminal and again through npm: within this time it counts once. */
const ONE_SIGNAL_MS = 1_000;

/** Resolves with the reason to stop. A second signal then ends the process at once. */
function untilStopped(): Promise<string> {
  let firstAt: number | undefined;
  return new Promise((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const)
      process.on(name, () => {
        firstAt ??= Date.now();
        if (Date.now() - firstAt > ONE_SIGNAL_MS) process.exit(1);
        resolve(name);
      });
    // The process that started this one has ended.
    process.once("disconnect", () => resolve("disconnect"));
  });
}

try {
  await run();
} catch (error) {
  process.exitCode = 1;
  const { code, message } = error as NodeJS.ErrnoException;
  console.error(error instanceof ConfigError || code === "EADDRINUSE" ? message : error);
}
// Libraries may keep handles open.
process.exit();
