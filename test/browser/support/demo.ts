/** The demo's data in a system of the tests. */
import { fileURLToPath } from "node:url";
import { mustRun } from "../../support/command.ts";
import type { System } from "../../support/servers/system.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const DEMO = "bin/demo.ts";

/** Runs `npm run demo` against the system: 21,707 events of two types. */
export const runDemo = ({ stack }: System): Promise<string> =>
  mustRun(process.execPath, [DEMO, "--url", stack.url, "--key", stack.apiKey], {
    cwd: ROOT,
    env: process.env,
  });
