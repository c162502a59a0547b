/** Ctrl-C and SIGTERM: the first ends what waits, and lets a command clean up; the second ends the process at once. */
import { exitCodes } from "./exit-codes.ts";

const controller = new AbortController();

/** Aborted by the first Ctrl-C or SIGTERM. */
export const interrupted: AbortSignal = controller.signal;

/** The exit code of the signal that came, or undefined. */
export let signalCode: number | undefined;

let cleans = false;

/** Keeps the process running after a signal until the action is over. */
export async function cleaningUp<T>(action: () => Promise<T>): Promise<T> {
  cleans = true;
  try {
    return await action();
  } finally {
    cleans = false;
  }
}

/** Installs the handlers. */
export function handleSignals(): void {
  for (const [signal, code] of [
    ["SIGINT", exitCodes.interrupted],
    ["SIGTERM", exitCodes.terminated],
  ] as const)
    process.on(signal, () => {
      if (!cleans || signalCode !== undefined) process.exit(code);
      signalCode = code;
      controller.abort();
    });
}
