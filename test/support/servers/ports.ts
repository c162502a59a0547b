import { randomInt } from "node:crypto";
import type { AddressInfo, Server } from "node:net";
import { isPortFree } from "../../../local/process.ts";

/**
 * Below the ephemeral ports that systems assign to connections and to servers that ask for any port (from 32768 on Linux,
 * from 49152 on macOS): one of those may be assigned again before the intended server listens.
 */
const RANGE = [10_000, 32_000] as const;
const given = new Set<number>();

/** Returns a free port on 127.0.0.1, a different one each time. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...RANGE);
    if (given.has(port)) continue;
    given.add(port);
    if (await isPortFree(port)) return port;
  }
}

/** Makes a server listen on a free port of 127.0.0.1. @returns the port */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
