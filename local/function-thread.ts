/** Runs a function in its own thread, with its own event loop and connections. */
import { Worker } from "node:worker_threads";
import type { Context } from "aws-lambda";

/** The part of the context that a thread gets. */
export type Remaining = Pick<Context, "getRemainingTimeInMillis">;
type Handler = (event: unknown, context: Remaining) => Promise<unknown>;

interface Call {
  fulfil: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * Starts the thread at once.
 * @param module URL of a module that exports `handler`
 * @param ended called when the thread has ended, which happens only on an error
 * @returns its handler; it rejects with the error of the function, or the one that ended the thread
 */
export function functionThread(module: string, ended: () => void): Handler {
  const thread = new Worker(new URL("function-runner.ts", import.meta.url), { workerData: module });
  const calls = new Map<number, Call>();
  let last = 0;
  let fault: unknown = new Error("The function's thread ended.");
  thread.on("message", ({ id, result, error }: { id: number; result?: unknown; error?: Error }) => {
    const call = calls.get(id);
    calls.delete(id);
    if (error === undefined) call?.fulfil(result);
    else call?.reject(error);
  });
  thread.on("error", (error) => {
    fault = error;
  });
  thread.on("exit", () => {
    ended();
    for (const { reject } of calls.values()) reject(fault);
  });
  return (event, context) =>
    new Promise((fulfil, reject) => {
      calls.set(++last, { fulfil, reject });
      thread.postMessage({ id: last, event, endsAt: Date.now() + context.getRemainingTimeInMillis() });
    });
}
