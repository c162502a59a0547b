/** One LocalStack for a run of tests, on its own port, removed afterwards. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { loadLocalStackConfig } from "../../../lib/config/local.ts";
import { startLocalStack } from "../../../local/localstack.ts";

declare module "vitest" {
  export interface ProvidedContext {
    localStack: { endpoint: string; queueUrl: string };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "weir-localstack-"));
  const server = await startLocalStack({
    dataDir: folder,
    // The installation that `npm run localstack` uses or will create.
    venvDir: join(loadLocalStackConfig().dataDir, "localstack-venv"),
    port: 0,
    log: console.log,
  });
  project.provide("localStack", { endpoint: server.url, queueUrl: server.queueUrl });
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
