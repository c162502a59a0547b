/** A packaged function in a process of its own, which stays warm between calls like an instance on Lambda. */
import { spawn } from "node:child_process";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { atEnd } from "../cleanup.ts";
import { type Outcome as ApiOutcome, startRuntimeApi } from "./runtime-api.ts";

/** How a call ended; after a time-out Lambda would have terminated the instance. */
export type Outcome = ApiOutcome | { ended: "timed out" };

export type FunctionProcess = Awaited<ReturnType<typeof functionProcess>>;

const BOOTSTRAP = fileURLToPath(new URL("bootstrap.mjs", import.meta.url));

/**
 * Starts it. It gets its events through the Runtime API.
 * @param file the function's bundle, whose handler is called `handler`
 * @param environment the complete environment of the process, apart from what Lambda sets
 */
export async function functionProcess(file: string, environment: Record<string, string>) {
  const module = basename(file, ".mjs");
  const name = `weir-test-${module}`;
  const api = await startRuntimeApi(name);
  const child = spawn(process.execPath, [BOOTSTRAP], {
    cwd: dirname(file),
    env: {
      ...environment,
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_LAMBDA_FUNCTION_NAME: name,
      LAMBDA_TASK_ROOT: dirname(file),
      _HANDLER: `${module}.handler`,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise<never>((_, reject) => {
    child.once("exit", (code, signal) => reject(new Error(`${name} ended: ${signal ?? code}`)));
  });
  // A call reports it.
  ended.catch(() => {});
  atEnd(() => child.kill("SIGKILL"));
  return {
    /**
     * @param remainingMs the function's remaining time
     * @param withinMs after which the call counts as timed out
     * @throws if the instance ends
     */
    call: async (event: object, remainingMs: number, withinMs = remainingMs): Promise<Outcome> => {
      const late = Promise.withResolvers<Outcome>();
      const timer = setTimeout(late.resolve, withinMs, { ended: "timed out" });
      try {
        return await Promise.race([api.invoke(event, remainingMs), late.promise, ended]);
      } finally {
        clearTimeout(timer);
      }
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
  };
}
