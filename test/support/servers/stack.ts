import { type Stack, type StackOptions, startStack } from "../../../local/stack.ts";
import { atEnd } from "../cleanup.ts";
import { testServers } from "./deps.ts";
import { freePort } from "./ports.ts";
import { tempFolder } from "./temp-folder.ts";

/**
 * The complete system as `npm start` starts it, with its own ports and data; stopped after the file's tests.
 * @param environment settings of the functions
 * @param options override those of the tests
 */
export async function testStack(
  environment: Record<string, string> = {},
  options: Partial<StackOptions> = {},
): Promise<Stack> {
  // Uses the servers of the whole run in place of the embedded ones, which test/e2e/start.test.ts covers.
  const servers = await testServers();
  const stack = await startStack({
    httpPort: await freePort(),
    lambdaPort: await freePort(),
    dataDir: await tempFolder("stack"),
    ...servers,
    say: () => {},
    environment,
    ...options,
  });
  atEnd(() => stack.stop());
  return stack;
}
