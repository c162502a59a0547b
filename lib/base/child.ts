import type { ChildProcess } from "node:child_process";

/** Resolves with how the child ended: "exit code 1", "signal SIGKILL", or why it could not be started. */
export const howItEnds = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
