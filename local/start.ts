/**
 * `npm start`: runs the complete system on this machine until Ctrl-C. With `--offline`, as `npm run offline`, the functions
 * run in serverless-offline.
 */
import { resolve } from "node:path";
import { loadLocalConfig } from "../lib/config/local.ts";
import { type Stack, startStack } from "./stack.ts";
import { Teardown } from "./supervise.ts";

/** Ctrl-C arrives from the terminal and again through npm: within this time it counts once. */
const ONE_SIGNAL_MS = 1_000;

const say = (line: string): void => console.log(line);
const teardown = new Teardown();
const ending = new AbortController();

let firstSignalAt = 0;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => {
    if (firstSignalAt === 0) {
      firstSignalAt = Date.now();
      say("\nStopping … (press Ctrl-C again to kill everything)");
      ending.abort(new Error("Stopped before startup completed."));
    } else if (Date.now() - firstSignalAt > ONE_SIGNAL_MS) {
      teardown.kill();
      process.exit(130);
    }
  });

async function run(): Promise<void> {
  const config = loadLocalConfig();
  const stack = await startStack({
    ...config,
    gateway: process.argv.includes("--offline") ? "offline" : "serve",
    // Each function logs every call at INFO, which is rarely useful here.
    environment: { LOG_LEVEL: config.logLevel === "INFO" ? "WARN" : config.logLevel },
    say,
    signal: ending.signal,
    teardown,
  });
  say(`\n${greeting(stack, resolve(config.dataDir), performance.now() / 1_000)}\n`);
  const failed = await Promise.race([stack.failed, aborted(ending.signal)]);
  const faults = await stack.stop();
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
  if (failed === undefined) return say("Stopped. All data is kept for the next start.");
  console.error(`\n${failed.message}`);
  process.exitCode = 1;
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((done) => {
    if (signal.aborted) done(undefined);
    signal.addEventListener("abort", () => done(undefined), { once: true });
  });

function greeting(
  { url, apiKey, adminKey, queue, auditPublicKey }: Stack,
  dataDir: string,
  seconds: number,
): string {
  const now = new Date();
  const event = {
    event_id: `hello-${now.getTime()}`,
    event_type: "greeting",
    timestamp: now.toISOString(),
    payload: { text: "hello" },
  };
  const day = 86_400_000;
  const range = [now.getTime() - day, now.getTime() + day].map(
    (at) => `${new Date(at).toISOString().slice(0, 10)}T00:00:00Z`,
  );
  return `Weir is ready after ${seconds.toFixed(1)} s.

  Dashboard  ${url}/dashboard   (sign in with a key from below)
  Docs       ${url}/docs
  API        ${url}
  Health     ${url}/health
  OpenAPI    ${url}/openapi.json
  Demo key   ${apiKey}   (sends and reads events of the client "demo")
  Admin key  ${adminKey}   (everything)
  Queue      ${queue === "sqs" ? "SQS" : "Redis Streams"}
  Data       ${dataDir}   (URLs and keys in dev.json)
  Audit      ${auditPublicKey ?? "signed with your own key"}   (public key that its checkpoints are signed with)
  Logs       ${dataDir}/logs/weir.log

Send an event:
  curl -s ${url}/v1/events -H 'X-API-Key: ${apiKey}' -H 'Content-Type: application/json' \\
    -d '${JSON.stringify(event)}'

Count events:
  curl -s '${url}/v1/analytics/count?start=${range[0]}&end=${range[1]}' -H 'X-API-Key: ${apiKey}'

Press Ctrl-C to stop.`;
}

try {
  await run();
} catch (error) {
  if (!ending.signal.aborted) {
    console.error(`\nWeir could not start: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
// All our parts have ended; handles that a library left open must not keep the process alive.
process.exit();
