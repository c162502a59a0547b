/**
 * The worker behind its event source. Told `{ twice }`, it hands each batch to two invocations at once, as a queue that
 * delivers at least once may do. Its settings are the function's own.
 */
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { handler } from "../../functions/worker.ts";
import { closeDeps, createQueue } from "../../lib/deps.ts";
import { getDeps } from "../../lib/deps-once.ts";
import { startEventSource } from "../../local/event-source.ts";
import { mutate, mutateQueue } from "../mutants/index.ts";
import { ready } from "./lifecycle.ts";

/** The function's own, after which Lambda ends the instance. */
const TIMEOUT_MS = 60_000;

const deps = getDeps();
mutate(deps);
let twice = false;
process.on("message", (message: { twice: boolean }) => {
  twice = message.twice;
});

async function invoke(event: SQSEvent): Promise<SQSBatchResponse> {
  const timer = setTimeout(() => {
    console.error("The worker's time is up.");
    process.exit(1);
  }, TIMEOUT_MS);
  const runs = await Promise.allSettled([handler(event), ...(twice ? [handler(event)] : [])]);
  clearTimeout(timer);
  const done = runs.find((run) => run.status === "fulfilled");
  if (done) return done.value;
  throw (runs[0] as PromiseRejectedResult).reason;
}

const source = startEventSource({
  createQueue: () => mutateQueue(createQueue(deps.redis, deps.shards, deps.config)),
  invoke,
  log: console.log,
});
ready(async () => {
  await source.stop();
  await closeDeps(deps);
});
