/** Runs the background work in processes of its own, and restarts one that ends unexpectedly. */
import { fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { howItEnds } from "../lib/base/child.ts";
import type { Log } from "../lib/base/log.ts";

/** Milliseconds before a restart, so that a process that can't start does not occupy a processor. */
const PAUSE_MS = 1_000;
/** Milliseconds after which a process that does not stop is killed; its messages are delivered again. */
const STOP_MS = 30_000;

/**
 * @param module the program; it stops on SIGTERM, and when its parent has ended
 * @returns a function that stops the processes, and resolves when they have ended
 */
export function startChildren(
  module: string,
  { count, env, log }: { count: number; env: NodeJS.ProcessEnv; log: Log },
): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const loops = Array.from({ length: count }, async () => {
    while (!signal.aborted) {
      const child = fork(module, { env });
      let timer: NodeJS.Timeout | undefined;
      const stop = (): void => {
        child.kill("SIGTERM");
        timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      };
      signal.addEventListener("abort", stop);
      const ending = await howItEnds(child);
      signal.removeEventListener("abort", stop);
      clearTimeout(timer);
      if (signal.aborted) return;
      log.error("background-process-ended", { ending });
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
    }
  });
  return async () => {
    stopping.abort();
    await Promise.allSettled(loops);
  };
}
