/** Runs one function in the thread of `functionThread`. */
import { parentPort, workerData } from "node:worker_threads";
import type { Remaining } from "./function-thread.ts";

type Handler = (event: unknown, context: Remaining) => Promise<unknown>;

interface Call {
  id: number;
  event: unknown;
  /** When its time is up, in milliseconds since the Unix epoch. */
  endsAt: number;
}

const { handler } = (await import(workerData)) as { handler: Handler };

parentPort?.on("message", async ({ id, event, endsAt }: Call) => {
  const answer = await handler(event, { getRemainingTimeInMillis: () => endsAt - Date.now() }).then(
    (result) => ({ id, result }),
    (error: unknown) => ({ id, error: error instanceof Error ? error : new Error(String(error)) }),
  );
  parentPort?.postMessage(answer);
});
