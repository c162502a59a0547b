import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { type Stack, type StackOptions, startStack } from "../../local/stack.ts";
import { testServers } from "./deps.ts";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("No port was given.");
  return address.port;
}

/**
 * The whole system as `npm start` brings it up, on ports and data of its own; stopped after the file's tests.
 * @param environment settings of the functions
 * @param options over those of the tests
 */
export async function testStack(
  environment: Record<string, string> = {},
  options: Partial<StackOptions> = {},
): Promise<Stack> {
  // The servers of the whole run stand in for the embedded ones, which test/e2e/start.test.ts covers.
  const servers = await testServers();
  const dataDir = await mkdtemp(join(tmpdir(), "weir-stack-"));
  const stack = await startStack({
    httpPort: await freePort(),
    lambdaPort: await freePort(),
    dataDir,
    ...servers,
    say: () => {},
    environment,
    ...options,
  });
  afterAll(async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return stack;
}
