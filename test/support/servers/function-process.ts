/** A packaged function in a separate process, which stays warm between calls like a Lambda instance. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { atEnd } from "../cleanup.ts";

/** How a call ended. */
export type Outcome =
  | { ended: "answered"; answer: { statusCode?: number; body?: string; [member: string]: unknown } }
  | { ended: "failed"; error: string }
  /** Lambda would have terminated the function. */
  | { ended: "timed out" };

export type FunctionProcess = ReturnType<typeof functionProcess>;

const HOST = fileURLToPath(new URL("function-host.mjs", import.meta.url));

/**
 * @param file the function's bundle
 * @param environment the complete environment of the process
 */
export function functionProcess(file: string, environment: Record<string, string>) {
  const child = fork(HOST, [file], {
    env: environment,
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  atEnd(() => child.kill("SIGKILL"));
  let calls = 0;
  return {
    /**
     * @param remainingMs the function's remaining time
     * @param withinMs after which the call counts as timed out
     */
    call: (event: object, remainingMs: number, withinMs = remainingMs) =>
      new Promise<Outcome>((resolve, reject) => {
        const id = ++calls;
        const listen = (message: unknown): void => {
          const answered = message as { id: number; outcome: Outcome };
          if (answered.id !== id) return;
          child.off("message", listen);
          child.off("exit", reject);
          resolve(answered.outcome);
        };
        child.on("message", listen);
        child.once("exit", reject);
        child.send({ id, event, remainingMs, withinMs });
      }),
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
  };
}
