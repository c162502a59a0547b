import { spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { environment } from "../settings.ts";

export interface Sink {
  stream: Writable;
  /** Resolves when everything is shown, and the pager, if any, was left. */
  close(): Promise<void>;
}

const standardOutput: Sink = { stream: process.stdout, close: () => Promise.resolve() };

/** Where a long result goes: to `$PAGER` if standard output is a terminal, otherwise to standard output. */
export function openSink(): Sink {
  const { pager } = environment;
  if (pager === undefined || pager === "cat" || !process.stdout.isTTY) return standardOutput;
  // A command with words, such as `less -S`, as other programs read it. Less: leave if all fits, keep colours and the screen.
  const child = spawn(pager, {
    shell: true,
    stdio: ["pipe", "inherit", "inherit"],
    env: { LESS: "FRX", ...process.env },
  });
  const ended = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  // Left before the end.
  child.stdin.on("error", () => {});
  // In the pager Ctrl-C ends a search, not this program.
  const ignore = (): void => {};
  const handlers = process.listeners("SIGINT");
  process.removeAllListeners("SIGINT");
  process.on("SIGINT", ignore);
  return {
    stream: child.stdin,
    close: async () => {
      child.stdin.end();
      await ended;
      process.off("SIGINT", ignore);
      for (const handler of handlers) process.on("SIGINT", handler);
    },
  };
}
