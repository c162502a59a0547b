/** Keeps servers running, and stops them in order. */
import { setTimeout as sleep } from "node:timers/promises";
import { killGroup, type LocalServer, once } from "./process.ts";

const ATTEMPTS = 10;
const PAUSE_MS = 1_000;

/** A server that is restarted if it ends unexpectedly. */
export interface Supervised {
  url: string;
  stop(): Promise<void>;
  /** Kills it without waiting. */
  kill(): void;
}

/**
 * @param start first called with 0 for any port, and after a crash with the port that was chosen
 * @param giveUp called once, if the server cannot be restarted
 */
export async function supervise(
  name: string,
  start: (port: number) => Promise<LocalServer>,
  say: (line: string) => void,
  giveUp: (error: Error) => void,
): Promise<Supervised> {
  let server = await start(0);
  let stopping = false;
  const restart = async (attempt = 1): Promise<LocalServer> => {
    // An immediate restart would fail: PostgreSQL's children need a moment to notice that their parent has ended.
    await sleep(PAUSE_MS);
    return start(server.port).catch((error) => {
      if (stopping || attempt === ATTEMPTS) throw error;
      return restart(attempt + 1);
    });
  };
  const watch = async (): Promise<void> => {
    while (!stopping) {
      const ending = await server.exited;
      if (stopping) return;
      say(`${name} ended unexpectedly (${ending}); restarting it`);
      server = await restart();
    }
    await server.stop();
  };
  const watching = watch().catch((error: Error) => {
    if (!stopping) giveUp(error);
  });
  return {
    url: server.url,
    stop: once(async () => {
      stopping = true;
      await server.stop();
      await watching;
    }),
    kill: () => {
      stopping = true;
      killGroup(server.pid);
    },
  };
}

interface Part {
  name: string;
  stop: () => Promise<void>;
  kill: () => void;
}

/** Parts that have been started, for stopping them in reverse order. */
export class Teardown {
  readonly #parts: Part[] = [];

  add(name: string, stop: () => Promise<void>, kill: () => void = () => {}): void {
    this.#parts.unshift({ name, stop, kill });
  }

  /**
   * Stops the parts in reverse order; a failing part does not prevent stopping the others.
   * @returns a sentence per failure
   */
  async stop(): Promise<string[]> {
    const faults: string[] = [];
    for (const { name, stop } of this.#parts)
      await stop().catch((error: Error) => faults.push(`${name} did not stop cleanly: ${error.message}`));
    return faults;
  }

  /** Kills everything at once. */
  kill(): void {
    for (const { kill } of this.#parts) kill();
  }
}
