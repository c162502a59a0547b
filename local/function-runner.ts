/** What runs in the thread of `functionThread`: one function. */
import { parentPort, workerData } from "node:worker_threads";

type Handler = (event: unknown) => Promise<unknown>;

const { handler } = (await import(workerData)) as { handler: Handler };

parentPort?.on("message", async ({ id, event }: { id: number; event: unknown }) => {
  const answer = await handler(event).then(
    (result) => ({ id, result }),
    (error: unknown) => ({ id, error: error instanceof Error ? error : new Error(String(error)) }),
  );
  parentPort?.postMessage(answer);
});
