import { randomInt } from "node:crypto";
import { isPortFree } from "../../local/process.ts";

/**
 * Below the ports that systems give to connections and to servers that ask for any port (from 32768 on Linux, from 49152
 * on macOS): one of those may be given away again before the server that it is meant for listens.
 */
const RANGE = [10_000, 32_000] as const;
const given = new Set<number>();

/** A port on 127.0.0.1 that nobody listens on now, another one each time. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...RANGE);
    if (given.has(port)) continue;
    given.add(port);
    if (await isPortFree(port)) return port;
  }
}
