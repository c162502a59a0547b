/** `npm run localstack`: runs LocalStack in the foreground until Ctrl-C, without a container. */
import { join } from "node:path";
import { loadLocalStackConfig } from "../lib/config/local.ts";
import { startLocalStack } from "../local/localstack.ts";

const ending = new AbortController();
/** Ctrl-C arrives from the terminal and again through npm; the second one has no effect. */
const ended = new Promise<undefined>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      ending.abort(new Error("Stopped before startup completed."));
      resolve(undefined);
    });
});
const say = (line: string): void => console.log(line);

async function run(): Promise<void> {
  const { dataDir, port } = loadLocalStackConfig();
  say("Starting LocalStack …");
  const server = await startLocalStack({
    dataDir: join(dataDir, "localstack"),
    venvDir: join(dataDir, "localstack-venv"),
    port,
    log: say,
    signal: ending.signal,
  });
  say(`
The queue "weir" and its dead-letter queue "weir-dead" are in memory only; they are lost when this process ends. In another terminal:
  QUEUE=sqs SQS_ENDPOINT=${server.url} SQS_QUEUE_URL=${server.queueUrl} npm start

Log: ${join(dataDir, "localstack", "localstack.log")}. Press Ctrl-C to stop.`);
  const crash = await Promise.race([ended, server.exited]);
  say("\nStopping LocalStack …");
  await server.stop();
  if (crash !== undefined) throw new Error(`LocalStack ended unexpectedly (${crash}).`);
  say("Stopped.");
}

try {
  await run();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
process.exit();
