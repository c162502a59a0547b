/**
 * A worker: `source` runs behind an event source, as with SQS on AWS and in `npm start`; `drain` reads the queue itself, as with
 * Redis on AWS. On `{ twice }`, a source passes each batch to two concurrent invocations, as a queue with at-least-once
 * delivery may do. Its settings are those of the function.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Context, SQSEvent } from "aws-lambda";
import { handler } from "../../functions/worker.ts";
import { closeDeps, createQueue } from "../../lib/app/connect.ts";
import { getDeps } from "../../lib/app/connect-once.ts";
import { drainQueue } from "../../lib/worker/drain-queue.ts";
import { startEventSource } from "../../local/event-source.ts";
import { mutate, mutateQueue } from "../mutants/index.ts";
import { ready } from "./lifecycle.ts";

/** The function's time-out, after which Lambda ends the instance. */
const TIMEOUT_MS = 60_000;

/** Duration of a drain; then the next one begins. */
const DRAIN_MS = 10_000;

const [kind = "source"] = process.argv.slice(2);
const deps = await getDeps();
mutate(deps);
let twice = false;
process.on("message", (message: { twice: boolean }) => {
  twice = message.twice;
});

async function invoke(event: SQSEvent): ReturnType<typeof handler> {
  const endsAt = Date.now() + TIMEOUT_MS;
  const context = { getRemainingTimeInMillis: () => endsAt - Date.now() } as Context;
  const timer = setTimeout(() => {
    console.error("The worker timed out.");
    process.exit(1);
  }, TIMEOUT_MS);
  const runs = await Promise.allSettled([
    handler(event, context),
    ...(twice ? [handler(event, context)] : []),
  ]);
  clearTimeout(timer);
  const done = runs.find((run) => run.status === "fulfilled");
  if (done) return done.value;
  throw (runs[0] as PromiseRejectedResult).reason;
}

function startSource(): () => Promise<void> {
  const source = startEventSource({
    createQueue: () => mutateQueue(createQueue(deps.redis, deps.shards, deps.config)),
    invoke,
    log: console.log,
  });
  return source.stop;
}

function startDrain(): () => Promise<void> {
  let stopping = false;
  deps.queue = mutateQueue(deps.queue);
  const drain = async (): Promise<void> => {
    while (!stopping)
      await drainQueue(deps, { endsAt: Date.now() + DRAIN_MS }).catch(async (error: unknown) => {
        console.error("The drain failed:", error);
        await sleep(200);
      });
  };
  void drain();
  return async () => {
    stopping = true;
  };
}

const stop = kind === "drain" ? startDrain() : startSource();
ready(async () => {
  await stop();
  await closeDeps(deps);
});
