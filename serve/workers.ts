/** Reads the queue and stores its messages for as long as the server runs. */
import { createQueue, type Deps } from "../lib/app/connect.ts";
import { Turns } from "../lib/queue/turns.ts";
import { drainQueue } from "../lib/worker/drain-queue.ts";

/** Milliseconds of one drain; then the next begins. It bounds how long a batch may take. */
const DRAIN_MS = 60_000;

export interface Workers {
  /** Resolves when the current batches are settled. */
  stop(): Promise<void>;
}

/** @param concurrency number of batches at a time */
export function startWorkers(deps: Deps, concurrency: number): Workers {
  const stopping = new AbortController();
  const { signal } = stopping;
  const turns = new Turns(signal);
  const loops = Array.from({ length: concurrency }, async () => {
    // A queue of its own: a blocking read occupies its connection.
    const queue = createQueue(deps.redis, deps.shards, deps.config);
    try {
      while (!signal.aborted)
        await drainQueue({ ...deps, queue }, { endsAt: Date.now() + DRAIN_MS, signal, turns }).catch(
          (error: Error) => deps.log.error("drain-failed", { error }),
        );
    } finally {
      await queue.close();
    }
  });
  return {
    stop: async () => {
      stopping.abort();
      await Promise.allSettled(loops);
    },
  };
}
